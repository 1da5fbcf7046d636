using System.IO.Compression;
using System.Xml.Linq;

namespace Akka.Mqtt.Packages.Tests;

/// <summary>All packages, made once by the command of docs/releasing.md, in a folder that is a NuGet feed.</summary>
public sealed class Feed : IAsyncLifetime
{
    private const string Suffix = "test.1";

    /// <summary>A folder for everything that tests write; deleted at the end.</summary>
    public string Root { get; } = Directory.CreateTempSubdirectory("akka-mqtt-packages-").FullName;

    public string Packages => Path.Combine(Root, "packages");

    /// <summary>The version of the packages.</summary>
    public string Version { get; private set; } = "";

    /// <summary>The projects that must be packages.</summary>
    public static IEnumerable<string> Projects => Repository.Files("src", "*.csproj").Select(file => Path.GetFileNameWithoutExtension(file)!);

    public async Task InitializeAsync()
    {
        await Commands.RunAsync(
            Repository.Root, "dotnet", "pack", "src/packages.proj", "-c", "Release", "-p:ContinuousIntegrationBuild=true", $"-p:VersionSuffix={Suffix}", "-o", Packages);
        Version = Nuspec("Akka.Mqtt.Protocol").Value("version")!;
    }

    public Task DisposeAsync()
    {
        Directory.Delete(Root, recursive: true);
        return Task.CompletedTask;
    }

    /// <summary>A package.</summary>
    public ZipArchive Open(string id, string extension = "nupkg") => ZipFile.OpenRead(Directory.EnumerateFiles(Packages, $"{id}.*.{extension}")
        .Single(file => char.IsAsciiDigit(Path.GetFileName(file)[id.Length + 1])));

    /// <summary>What a package says about itself.</summary>
    public Nuspec Nuspec(string id)
    {
        using var package = Open(id);
        using var stream = package.GetEntry($"{id}.nuspec")!.Open();
        return new Nuspec(XDocument.Load(stream).Root!);
    }

    /// <summary>
    /// A folder whose restores take our packages from the feed and all others as usual. What was downloaded before is used from where it is; our packages are unpacked
    /// in the folder, so that no other build ever finds them.
    /// </summary>
    public async Task<string> NewFolderAsync(string name)
    {
        var folder = Directory.CreateDirectory(Path.Combine(Root, name)).FullName;
        var downloaded = (await Commands.RunAsync(folder, "dotnet", "nuget", "locals", "global-packages", "--list")).Split(": ", 2)[1].Trim();
        await File.WriteAllTextAsync(Path.Combine(folder, "NuGet.config"), $"""
            <configuration>
              <config>
                <add key="globalPackagesFolder" value="{Path.Combine(folder, ".packages")}" />
              </config>
              <fallbackPackageFolders>
                <add key="downloaded" value="{downloaded}" />
              </fallbackPackageFolders>
              <packageSources>
                <add key="feed" value="{Packages}" />
              </packageSources>
            </configuration>
            """);
        return folder;
    }
}
