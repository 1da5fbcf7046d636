using System.Reflection;

namespace Akka.Mqtt.Api.Tests;

/// <summary>The assemblies under <c>src</c>, found by their projects, so that none is forgotten.</summary>
internal static class SourceAssemblies
{
    public static IReadOnlyList<string> Names { get; } =
        [.. Repository.Files("src", "*.csproj").Select(file => Path.GetFileNameWithoutExtension(file)!)];

    public static Assembly Load(string name) => Assembly.Load(name);
}
