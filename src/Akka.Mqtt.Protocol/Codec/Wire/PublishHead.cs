namespace Akka.Mqtt.Protocol.Codec;

/// <summary>
/// All bytes of a PUBLISH up to its payload, of a message that was found valid: QoS 0, no properties. A message that begins with the same bytes
/// has the same size and topic, and breaks no rule either, for all rules look at those bytes. In 5.0 they end with a Property Length of 0.
/// </summary>
internal sealed class PublishHead(Publish message, ReadOnlySpan<byte> wire)
{
    public readonly byte[] Bytes = wire[..^message.Payload.Length].ToArray();
    public readonly int Size = wire.Length;
    public readonly FixedHeader Header = message.Header.GetValueOrDefault();
    public readonly string Topic = message.Topic;

    /// <summary>Whether bytes begin with such a message, and it is whole.</summary>
    public bool Begins(ReadOnlySpan<byte> bytes) => bytes.Length >= Size && bytes.StartsWith(Bytes);
}
