using System.Reflection;

namespace Akka.Mqtt.Api.Tests;

/// <summary>The libraries under <c>src</c>, found by their projects, so that none is forgotten. The command line is a program: it has no API.</summary>
internal static class SourceAssemblies
{
    public static IReadOnlyList<string> Names { get; } =
        [.. Repository.Files("src", "*.csproj").Select(file => Path.GetFileNameWithoutExtension(file)!).Where(name => name != "Akka.Mqtt.Cli")];

    public static Assembly Load(string name) => Assembly.Load(name);
}
