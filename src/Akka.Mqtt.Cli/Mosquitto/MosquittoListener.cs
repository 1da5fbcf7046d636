namespace Akka.Mqtt.Cli;

/// <summary>A listener of a mosquitto.conf as it is read, with what was said of it.</summary>
internal sealed class MosquittoListener(string name)
{
    public string Name { get; } = name;

    public string Port { get; set; } = "1883";

    public string? Address { get; set; }

    public string? UnixPath { get; set; }

    public bool WebSockets { get; set; }

    public bool RequireCertificate { get; set; }

    /// <summary>Keys of ours, with values as HOCON.</summary>
    public Dictionary<string, string> Keys { get; } = new(StringComparer.Ordinal);

    /// <summary>The line that each key came from.</summary>
    public Dictionary<string, MosquittoLine> Lines { get; } = new(StringComparer.Ordinal);

    public MosquittoLine? First { get; set; }
}
