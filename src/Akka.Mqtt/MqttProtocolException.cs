using Akka.Mqtt.Protocol;

namespace Akka.Mqtt;

/// <summary>Fails a stream of the Streams DSL when the peer, or the stream itself, violates the protocol.</summary>
public sealed class MqttProtocolException : Exception
{
    /// <summary>Wraps an error.</summary>
    /// <param name="error">The error.</param>
    public MqttProtocolException(PacketError error)
        : base(error.ToString()) => Error = error;

    /// <summary>The error.</summary>
    public PacketError Error { get; }
}
