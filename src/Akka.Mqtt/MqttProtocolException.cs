using Akka.Mqtt.Protocol;

namespace Akka.Mqtt;

/// <summary>What fails a stream of the Streams DSL when the peer, or the stream itself, breaks the protocol.</summary>
public sealed class MqttProtocolException : Exception
{
    /// <summary>Wraps an error.</summary>
    /// <param name="error">What is wrong.</param>
    public MqttProtocolException(PacketError error)
        : base(error.ToString()) => Error = error;

    /// <summary>What is wrong.</summary>
    public PacketError Error { get; }
}
