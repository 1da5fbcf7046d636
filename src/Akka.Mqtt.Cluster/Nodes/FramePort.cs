namespace Akka.Mqtt.Cluster.Nodes;

/// <summary>Where a node takes frames of one link by a connection of their own, once.</summary>
/// <param name="Host">The host, as the other nodes know it.</param>
/// <param name="Port">The TCP port.</param>
/// <param name="Secret">Says who dials. It is told by Akka.Remote, so only the node of the link knows it.</param>
internal sealed record FramePort(string Host, int Port, ReadOnlyMemory<byte> Secret)
{
    /// <summary>What a secret has.</summary>
    public const int SecretSize = 32;

    /// <summary>What a dialling node sends first, before the secret: a port scanner does not, nor a client of MQTT.</summary>
    public static ReadOnlySpan<byte> Greeting => "akka-mqtt-frames 1\n"u8;

    /// <summary>What the node answers that takes the frames.</summary>
    public const byte Welcome = (byte)'+';
}
