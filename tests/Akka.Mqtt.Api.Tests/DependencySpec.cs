namespace Akka.Mqtt.Api.Tests;

/// <summary>Who may use whom (docs/architecture.md), and how long a file may be.</summary>
public sealed class DependencySpec
{
    /// <summary>What each assembly may reference beside the base class library; what is not listed may reference nothing.</summary>
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Akka.Mqtt.Protocol"] = [],
        ["Akka.Mqtt"] = ["Akka.Mqtt.Protocol", "Akka", "Akka.Streams"],
        ["Akka.Mqtt.TestKit"] = ["Akka.Mqtt", "Akka.Mqtt.Protocol", "Akka", "Akka.TestKit"],
        ["Akka.Mqtt.Server"] = ["Akka.Mqtt", "Akka.Mqtt.Protocol", "Akka", "Akka.Streams"],
        ["Akka.Mqtt.Storage"] = ["Akka.Mqtt.Server", "Akka.Mqtt", "Akka.Mqtt.Protocol", "Akka", "SQLitePCLRaw."],
        ["Akka.Mqtt.Storage.PostgreSql"] = ["Akka.Mqtt.Storage", "Akka.Mqtt.Server", "Akka.Mqtt.Protocol", "Akka", "Npgsql"],
        ["Akka.Mqtt.Persistence"] = ["Akka.Mqtt.Server", "Akka.Mqtt", "Akka.Mqtt.Protocol", "Akka", "Akka.Persistence"],
        ["Akka.Mqtt.Cluster"] =
        [
            "Akka.Mqtt.Server", "Akka.Mqtt", "Akka.Mqtt.Protocol", "Akka", "Akka.Streams", "Akka.Remote", "Akka.Cluster", "Akka.Cluster.Tools",
            "Akka.Cluster.Sharding", "Akka.DistributedData", "Akka.Coordination", "Google.Protobuf",
        ],
        ["Akka.Mqtt.AspNetCore"] = ["Akka.Mqtt", "Akka.Mqtt.Protocol", "Akka", "Microsoft.AspNetCore.", "Microsoft.Extensions."],
        ["Akka.Mqtt.Dashboard"] = ["Akka.Mqtt.Server", "Akka.Mqtt", "Akka.Mqtt.Protocol", "Akka", "Microsoft.AspNetCore.", "Microsoft.Extensions."],
        ["Akka.Mqtt.Hosting"] =
        [
            "Akka.Mqtt.Server", "Akka.Mqtt.Cluster", "Akka.Mqtt.Persistence", "Akka.Mqtt.AspNetCore", "Akka.Mqtt", "Akka.Mqtt.Protocol", "Akka",
            "Akka.Hosting", "Akka.Cluster.Hosting", "Akka.Remote.Hosting", "Akka.Persistence.Hosting", "Microsoft.Extensions.",
        ],
    };

    public static TheoryData<string> Assemblies => new(SourceAssemblies.Names);

    [Theory]
    [MemberData(nameof(Assemblies))]
    public void An_assembly_references_only_what_the_architecture_allows(string assembly)
    {
        Assert.True(Allowed.TryGetValue(assembly, out var allowed), $"{assembly} is not in the architecture.");
        var strangers = SourceAssemblies.Load(assembly).GetReferencedAssemblies().Select(reference => reference.Name!)
            .Where(name => !IsBaseLibrary(name) && !allowed.Any(one => one == name || one.EndsWith('.') && name.StartsWith(one, StringComparison.Ordinal)));
        Assert.Empty(strangers);
    }

    [Fact]
    public void No_source_file_is_longer_than_400_lines()
    {
        var tooLong = Repository.Files("src", "*.cs").Select(file => (Name: Repository.Name(file), Lines: File.ReadLines(file).Count()))
            .Where(file => file.Lines > 400);
        Assert.Empty(tooLong);
    }

    private static bool IsBaseLibrary(string name) =>
        name == "netstandard" || name == "mscorlib" || name.StartsWith("System.", StringComparison.Ordinal) || name == "System" || name == "Microsoft.Win32.Primitives";
}
