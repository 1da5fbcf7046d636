using System.Text;

namespace Akka.Mqtt.Protocol.Tests;

/// <summary>Reads the tables in Vectors/: tab separated, one header line, no quoting.</summary>
internal static class VectorTable
{
    public static IReadOnlyList<string[]> Rows(string name)
    {
        using var stream = typeof(VectorTable).Assembly.GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return [.. reader.ReadToEnd().Split('\n').Skip(1).Where(line => line.Length > 0).Select(line => line.TrimEnd('\r').Split('\t'))];
    }
}
