using Akka.Mqtt.Protocol;

namespace Akka.Mqtt;

/// <summary>The content of a queue of a <see cref="MqttClient"/>.</summary>
/// <param name="ClientId">The client identifier of the session that the packet identifiers belong to; null when no server has accepted the client yet.</param>
/// <param name="Messages">The messages, by rising <see cref="MqttClientQueuedMessage.Number"/>.</param>
/// <param name="Received">Packet identifiers of received QoS 2 messages that were acknowledged by PUBREC and not released by PUBREL.</param>
public sealed record MqttClientQueueState(string? ClientId, IReadOnlyList<MqttClientQueuedMessage> Messages, IReadOnlyList<ushort> Received)
{
    /// <summary>The state of a new queue.</summary>
    public static MqttClientQueueState Empty { get; } = new(null, [], []);
}

/// <summary>A message in a queue of a <see cref="MqttClient"/>.</summary>
/// <param name="Number">Its number, 1 or more. Messages are sent in the order of their numbers.</param>
/// <param name="Packet">The message, of QoS 1 or 2.</param>
/// <param name="TakenAt">When the client took it, in milliseconds since 1970 (UTC): its Message Expiry Interval counts from there.</param>
public sealed record MqttClientQueuedMessage(long Number, Publish Packet, long TakenAt)
{
    /// <summary>The packet identifier with which it was sent or is about to be sent; null while it waits.</summary>
    public ushort? PacketId { get; init; }

    /// <summary>Whether the server has answered a QoS 2 message by PUBREC, so that only PUBREL is left to be sent.</summary>
    public bool IsReleased { get; init; }
}

/// <summary>A change of a queue.</summary>
public abstract record MqttClientQueueChange
{
    private MqttClientQueueChange()
    {
    }

    /// <summary>A message was added, with a number that no other message of the queue has.</summary>
    /// <param name="Message">The message; it waits.</param>
    public sealed record Added(MqttClientQueuedMessage Message) : MqttClientQueueChange;

    /// <summary>A message is about to be sent with a packet identifier.</summary>
    /// <param name="Number">The message.</param>
    /// <param name="PacketId">The packet identifier.</param>
    public sealed record Sent(long Number, ushort PacketId) : MqttClientQueueChange;

    /// <summary>The server has answered a QoS 2 message by PUBREC.</summary>
    /// <param name="Number">The message.</param>
    public sealed record Released(long Number) : MqttClientQueueChange;

    /// <summary>A message is complete or was dropped: removes it from the queue.</summary>
    /// <param name="Number">The message.</param>
    public sealed record Removed(long Number) : MqttClientQueueChange;

    /// <summary>A received QoS 2 message is about to be acknowledged by PUBREC. The queue may already have it.</summary>
    /// <param name="PacketId">Its packet identifier.</param>
    public sealed record Received(ushort PacketId) : MqttClientQueueChange;

    /// <summary>A received QoS 2 message was released by PUBREL.</summary>
    /// <param name="PacketId">Its packet identifier.</param>
    public sealed record ReceivedReleased(ushort PacketId) : MqttClientQueueChange;

    /// <summary>A new session began: no message has a packet identifier or is released any more, and no received message waits for PUBREL.</summary>
    public sealed record SessionBegan : MqttClientQueueChange;

    /// <summary>A server accepted the client.</summary>
    /// <param name="ClientId">The client identifier.</param>
    public sealed record Accepted(string ClientId) : MqttClientQueueChange;
}
