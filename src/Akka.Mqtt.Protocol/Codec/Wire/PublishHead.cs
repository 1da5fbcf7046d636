namespace Akka.Mqtt.Protocol.Codec;

/// <summary>
/// All bytes of a PUBLISH before its payload, from a valid message with QoS 0 and without properties. A message that starts with the same
/// bytes has the same size and topic and is valid too, because all rules check only these bytes. In 5.0 they end with a Property Length of
/// 0.
/// </summary>
internal sealed class PublishHead(Publish message, ReadOnlySpan<byte> wire)
{
    public readonly byte[] Bytes = wire[..^message.Payload.Length].ToArray();
    public readonly int Size = wire.Length;
    public readonly FixedHeader Header = message.Header.GetValueOrDefault();
    public readonly string Topic = message.Topic;

    /// <summary>Whether bytes start with such a message and contain all of it.</summary>
    public bool Begins(ReadOnlySpan<byte> bytes) => bytes.Length >= Size && bytes.StartsWith(Bytes);
}
