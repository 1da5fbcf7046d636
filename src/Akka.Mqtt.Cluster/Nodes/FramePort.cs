namespace Akka.Mqtt.Cluster.Nodes;

/// <summary>The port at which a node accepts one connection for the frames of one link.</summary>
/// <param name="Host">The host name that the other nodes use.</param>
/// <param name="Port">The TCP port.</param>
/// <param name="Secret">Identifies the node that dials. Akka.Remote transmits it, so only the node of the link knows it.</param>
internal sealed record FramePort(string Host, int Port, ReadOnlyMemory<byte> Secret)
{
    /// <summary>The number of bytes of a secret.</summary>
    public const int SecretSize = 32;

    /// <summary>
    /// The first bytes that a dialling node sends, before the secret; neither a port scanner nor a client of MQTT sends them.
    /// </summary>
    public static ReadOnlySpan<byte> Greeting => "akka-mqtt-frames 1\n"u8;

    /// <summary>The answer of the node that accepts the frames.</summary>
    public const byte Welcome = (byte)'+';
}
