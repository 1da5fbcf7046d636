namespace Akka.Mqtt.Cli.Mosquitto;

/// <summary>A listener of a mosquitto.conf while it is read, with its options.</summary>
internal sealed class MosquittoListener(string name)
{
    public string Name { get; } = name;

    public string Port { get; set; } = "1883";

    public string? Address { get; set; }

    public string? UnixPath { get; set; }

    /// <summary>The line that names the network interface.</summary>
    public MosquittoLine? Interface { get; set; }

    /// <summary>Whether it is for IPv6 or for IPv4 only; null when the file does not specify it.</summary>
    public bool? IsIPv6 { get; set; }

    /// <summary>Limits of this listener, by option; null is none.</summary>
    public Dictionary<string, (MosquittoLine Line, long? Value)> Limits { get; } = new(StringComparer.Ordinal);

    public bool WebSockets { get; set; }

    public bool RequireCertificate { get; set; }

    /// <summary>Our keys, with values as HOCON.</summary>
    public Dictionary<string, string> Keys { get; } = new(StringComparer.Ordinal);

    /// <summary>The line of each key.</summary>
    public Dictionary<string, MosquittoLine> Lines { get; } = new(StringComparer.Ordinal);

    public MosquittoLine? First { get; set; }
}
