using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Streams;

/// <summary>
/// The reports of the framing stages to their connection. They are called inside the interpreter: note them, and act when the call has
/// returned.
/// </summary>
internal interface IFramingOwner
{
    /// <summary>Packets arrived; they are about to be delivered.</summary>
    void PacketsReceived();

    /// <summary>From now on everything is delivered to the last registered handler.</summary>
    void HandlerReplaced();

    /// <summary>The input cannot be decoded or violates a rule. All packets before it have been delivered.</summary>
    void InboundFailed(PacketError error);

    /// <summary>A stage has thrown, for example because memory ran out. Delivery has stopped.</summary>
    void InboundCrashed(Exception? cause);

    /// <summary>Everything received before the end of the transport has been delivered.</summary>
    void InboundDrained();

    /// <summary>The connection may read again.</summary>
    void ResumeReading();
}
