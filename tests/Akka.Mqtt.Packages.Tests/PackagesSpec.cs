using System.IO.Compression;
using System.Reflection.Metadata;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace Akka.Mqtt.Packages.Tests;

/// <summary>What is in the packages, and what becomes of them in the hands of a user.</summary>
public sealed partial class PackagesSpec(Feed feed) : IClassFixture<Feed>
{
    private const string Page = "https://example.org/akka-mqtt";

    /// <summary>The packages that each package brings: what its public API shows or its code uses, and nothing else.</summary>
    private static readonly Dictionary<string, string[]> Dependencies = new()
    {
        ["Akka.Mqtt.Protocol"] = [],
        ["Akka.Mqtt"] = ["Akka", "Akka.Mqtt.Protocol", "Akka.Streams"],
        ["Akka.Mqtt.AspNetCore"] = ["Akka", "Akka.Mqtt"],
        ["Akka.Mqtt.TestKit"] = ["Akka", "Akka.Mqtt", "Akka.TestKit"],
        ["Akka.Mqtt.Server"] = ["Akka", "Akka.Mqtt"],
        ["Akka.Mqtt.Storage"] = ["Akka.Mqtt.Server", "SQLitePCLRaw.bundle_e_sqlite3"],
        ["Akka.Mqtt.Storage.PostgreSql"] = ["Akka.Mqtt.Storage", "Npgsql"],
        ["Akka.Mqtt.Cluster"] = ["Akka.Cluster", "Akka.Mqtt.Server"],
        ["Akka.Mqtt.Hosting"] = ["Akka.Hosting", "Akka.Mqtt.Cluster", "Akka.Mqtt.Server", "Microsoft.Extensions.Diagnostics.HealthChecks"],
        ["Akka.Mqtt.Dashboard"] = ["Akka.Mqtt.Server"],
        ["Akka.Mqtt.Cli"] = [], // a tool has all that it needs inside
    };

    public static TheoryData<string> Packages => new(Feed.Projects);

    public static TheoryData<string> Libraries => new(Feed.Projects.Where(project => project != "Akka.Mqtt.Cli"));

    [Fact]
    public void Everything_in_src_is_a_package_and_nothing_else_is()
    {
        var packed = Directory.EnumerateFiles(feed.Packages, "*.nupkg").Select(file => Path.GetFileName(file).Replace($".{feed.Version}.nupkg", "", StringComparison.Ordinal));
        Assert.Equal(Feed.Projects.Order(StringComparer.Ordinal), packed.Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Packages))]
    public void A_package_says_what_it_is_and_names_no_page_that_nobody_has_given(string id)
    {
        var nuspec = feed.Nuspec(id);
        Assert.Equal("Apache-2.0", nuspec.Value("license"));
        Assert.Equal("README.md", nuspec.Value("readme"));
        Assert.Equal("icon.png", nuspec.Value("icon"));
        Assert.True(nuspec.Value("description")!.Length > 20);
        Assert.Contains("mqtt", nuspec.Value("tags"), StringComparison.Ordinal);
        Assert.Null(nuspec.Value("projectUrl"));
        Assert.Null(nuspec.Element("repository")?.Attribute("url"));
        using var package = feed.Open(id);
        Assert.True(package.GetEntry("README.md")!.Length > 200);
        Assert.NotNull(package.GetEntry("icon.png"));
        Assert.NotNull(package.GetEntry("LICENSE"));
    }

    [Theory]
    [MemberData(nameof(Packages))]
    public void A_package_brings_the_packages_that_it_uses_and_no_others(string id) =>
        Assert.Equal(Dependencies[id], feed.Nuspec(id).Dependencies);

    [Theory]
    [MemberData(nameof(Libraries))]
    public void A_library_is_one_assembly_with_its_documentation(string id)
    {
        using var package = feed.Open(id);
        var files = package.Entries.Select(entry => entry.FullName).Where(name => name.StartsWith("lib/", StringComparison.Ordinal)).Order(StringComparer.Ordinal);
        Assert.Equal([$"lib/net10.0/{id}.dll", $"lib/net10.0/{id}.xml"], files);
    }

    [Theory]
    [MemberData(nameof(Libraries))]
    public void Symbols_name_source_files_by_paths_of_no_machine(string id)
    {
        using var package = feed.Open(id, "snupkg");
        using var stream = package.Entries.Single(entry => entry.Name == $"{id}.pdb").Open();
        var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        bytes.Position = 0;
        using var provider = MetadataReaderProvider.FromPortablePdbStream(bytes);
        var reader = provider.GetMetadataReader();
        var files = reader.Documents.Select(each => reader.GetString(reader.GetDocument(each).Name)).ToList();
        Assert.NotEmpty(files);
        Assert.All(files, file => Assert.StartsWith("/_", file, StringComparison.Ordinal));
    }

    [Fact]
    public async Task One_property_gives_packages_the_page_and_the_repository_of_the_project()
    {
        var folder = Path.Combine(feed.Root, "with-page");
        await Commands.RunAsync(
            Repository.Root, "dotnet", "pack", "src/Akka.Mqtt.Protocol", "-c", "Release", "--no-build", $"-p:ProjectUrl={Page}", "-p:VersionSuffix=test.2", "-o", folder);
        using var package = ZipFile.OpenRead(Directory.EnumerateFiles(folder, "*.nupkg").Single());
        using var reader = new StreamReader(package.GetEntry("Akka.Mqtt.Protocol.nuspec")!.Open());
        var text = await reader.ReadToEndAsync();
        Assert.Contains($"<projectUrl>{Page}</projectUrl>", text, StringComparison.Ordinal);
        Assert.Contains($"<repository type=\"git\" url=\"{Page}\"", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_fresh_project_runs_a_server_and_a_client_from_the_packages()
    {
        var folder = await feed.NewFolderAsync("consumer");
        await File.WriteAllTextAsync(Path.Combine(folder, "Consumer.csproj"), Project("Akka.Mqtt.Server"));
        File.Copy(Path.Combine(AppContext.BaseDirectory, "consumer", "Program.cs"), Path.Combine(folder, "Program.cs"));
        Assert.Contains("\nexample/greeting: hello\n", (await Commands.RunAsync(folder, "dotnet", "run")).ReplaceLineEndings("\n"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_libraries_together_are_restored_without_a_conflict()
    {
        var folder = await feed.NewFolderAsync("all");
        await File.WriteAllTextAsync(Path.Combine(folder, "All.csproj"), Project([.. Feed.Projects.Where(id => id != "Akka.Mqtt.Cli")]));
        Assert.DoesNotContain("warning", await Commands.RunAsync(folder, "dotnet", "restore"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_tool_is_installed_and_serves()
    {
        var folder = await feed.NewFolderAsync("tool");
        await Commands.RunAsync(folder, "dotnet", "tool", "install", "Akka.Mqtt.Cli", "--version", feed.Version, "--tool-path", folder);
        await ToolRun.ServeAndExchangeAsync(folder, Path.Combine(folder, Program));
    }

    [Fact]
    public async Task The_single_file_serves_and_is_one_file()
    {
        var folder = Path.Combine(feed.Root, "single");
        await Commands.RunAsync(
            Repository.Root, "dotnet", "publish", "src/Akka.Mqtt.Cli", "-c", "Release", "-p:ContinuousIntegrationBuild=true",
            "-r", RuntimeInformation.RuntimeIdentifier, "-p:PublishSingleFile=true", "-o", folder);
        Assert.Equal(Program, Path.GetFileName(Assert.Single(Directory.EnumerateFileSystemEntries(folder))));
        await ToolRun.ServeAndExchangeAsync(feed.Root, Path.Combine(folder, Program));
    }

    [Fact]
    public async Task The_command_of_the_Dockerfile_publishes_a_server_that_its_health_check_finds()
    {
        var dockerfile = Repository.Read(Path.Combine(Repository.Root, "Dockerfile"));
        var publish = PublishLine().Match(dockerfile).Groups["arguments"].Value;
        var folder = Path.Combine(feed.Root, "image");
        var architecture = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "arm64" : "amd64";
        await Commands.RunAsync(
            Repository.Root, "dotnet", [.. publish.Replace("$TARGETARCH", architecture, StringComparison.Ordinal).Replace("/app", folder, StringComparison.Ordinal).Split(' ')]);
        await ToolRun.ServeAndExchangeAsync(feed.Root, Path.Combine(folder, Program));
        Assert.Contains("CMD [\"/app/akka-mqtt\", \"ping\"", dockerfile, StringComparison.Ordinal);
    }

    private static string Program => OperatingSystem.IsWindows() ? "akka-mqtt.exe" : "akka-mqtt";

    private string Project(params string[] packages) => $"""
        <Project Sdk="Microsoft.NET.Sdk">
          <PropertyGroup>
            <OutputType>Exe</OutputType>
            <TargetFramework>net10.0</TargetFramework>
            <ImplicitUsings>enable</ImplicitUsings>
            <Nullable>enable</Nullable>
          </PropertyGroup>
          <ItemGroup>
            {string.Concat(packages.Select(id => $"<PackageReference Include=\"{id}\" Version=\"{feed.Version}\" />"))}
          </ItemGroup>
        </Project>
        """;

    [GeneratedRegex(@"^RUN dotnet (?<arguments>publish .+)$", RegexOptions.Multiline)]
    private static partial Regex PublishLine();
}
