using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Conformance;

/// <summary>Tab separated tables of this assembly.</summary>
internal static class Vectors
{
    public static IEnumerable<string[]> Rows(string table)
    {
        using var reader = new StreamReader(typeof(Vectors).Assembly.GetManifestResourceStream(table)!);
        reader.ReadLine();
        while (reader.ReadLine() is { } line)
        {
            if (line.Length > 0)
                yield return line.Split('\t');
        }
    }

    public static MqttVersion Version(string text) =>
        text switch { "3.1" => MqttVersion.V31, "3.1.1" => MqttVersion.V311, _ => MqttVersion.V5 };
}
