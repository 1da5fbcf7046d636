using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;

namespace Akka.Mqtt.Server.Core;

/// <summary>
/// All state of a session that is kept between connections, as plain data. A store returns it when a session is loaded, and it is the sum
/// of the events. It contains only whether a connection exists: quotas and aliases start anew with each connection.
/// </summary>
internal sealed class SessionSnapshot
{
    /// <summary>The key of the session; its client identifier is null before the first event.</summary>
    public SessionKey Key { get; set; }

    /// <summary>The user name of the first client; null for an anonymous client.</summary>
    public string? Owner { get; set; }

    /// <summary>Whether the session has ended or has not started.</summary>
    public bool IsOver { get; set; } = true;

    /// <summary>The epoch of the last connection.</summary>
    public long Epoch { get; set; }

    /// <summary>Whether a connection holds the session.</summary>
    public bool IsConnected { get; set; }

    /// <summary>When the last connection started or ended, in milliseconds since the Unix epoch.</summary>
    public long ChangedAt { get; set; }

    /// <summary>The Session Expiry Interval in seconds; with <see cref="uint.MaxValue"/> the session never expires.</summary>
    public uint Expiry { get; set; }

    /// <summary>The will to publish if the connection is lost, or after its delay; null for none.</summary>
    public Will? Will { get; set; }

    /// <summary>The subscriptions by filter.</summary>
    public Dictionary<string, SessionSubscription> Subscriptions { get; set; } = new(StringComparer.Ordinal);

    /// <summary>The queued messages by number.</summary>
    public SortedDictionary<long, QueuedMessage> Queue { get; set; } = [];

    /// <summary>The number of the next message.</summary>
    public long NextNumber { get; set; }

    /// <summary>Messages in flight, in the order in which they were first sent; the message is null where only PUBREL is left.</summary>
    public List<(ushort Id, QueuedMessage? Message)> InFlight { get; set; } = [];

    /// <summary>The packet identifier that was used last; 0 for none.</summary>
    public ushort LastPacketId { get; set; }

    /// <summary>Packet identifiers of QoS 2 messages of the client for which PUBREL has not arrived.</summary>
    public HashSet<ushort> Received { get; set; } = [];

    /// <summary>Applies events in order.</summary>
    /// <param name="events">The events of one session, from its beginning or from this state on, in order.</param>
    /// <returns>This.</returns>
    public SessionSnapshot Apply(IEnumerable<SessionEvent> events)
    {
        foreach (var happened in events)
            Apply(happened);
        return this;
    }

    /// <summary>Applies an event: this method defines what each event means.</summary>
    /// <param name="happened">The event.</param>
    public void Apply(SessionEvent happened)
    {
        switch (happened)
        {
            case SessionEvent.SessionStarted started:
                Clear();
                (Key, Owner, ChangedAt, IsOver) = (started.Key, started.Owner, started.At, false);
                break;
            case SessionEvent.Connected connected:
                (IsConnected, Epoch, Expiry, ChangedAt) = (true, connected.Epoch, connected.Expiry, connected.At);
                break;
            case SessionEvent.Disconnected disconnected:
                (IsConnected, Expiry, ChangedAt) = (false, disconnected.Expiry, disconnected.At);
                break;
            case SessionEvent.WillSet set:
                Will = set.Will;
                break;
            case SessionEvent.WillCleared:
                Will = null;
                break;
            case SessionEvent.Subscribed subscribed:
                foreach (var subscription in subscribed.Subscriptions)
                    Subscriptions[subscription.Options.Filter] = subscription;
                break;
            case SessionEvent.Unsubscribed unsubscribed:
                foreach (var filter in unsubscribed.Filters)
                    Subscriptions.Remove(filter);
                break;
            case SessionEvent.Received received:
                Received.UnionWith(received.PacketIds);
                break;
            case SessionEvent.Released released:
                Received.ExceptWith(released.PacketIds);
                break;
            case SessionEvent.Ended:
                Clear();
                break;
            default:
                ApplyMessages(happened);
                break;
        }
    }

    private void ApplyMessages(SessionEvent happened)
    {
        switch (happened)
        {
            case SessionEvent.Queued queued:
                foreach (var (position, number, share) in queued.Messages)
                {
                    Queue[number] = new QueuedMessage(queued.Batch[position], queued.ReceivedAt) { Share = share };
                    NextNumber = Math.Max(NextNumber, number + 1);
                }
                break;
            case SessionEvent.Removed removed:
                foreach (var number in removed.Numbers)
                    Queue.Remove(number);
                break;
            case SessionEvent.Sent sent:
                foreach (var (number, packetId) in sent.Messages)
                {
                    if (Queue.Remove(number, out var message))
                        InFlight.Add((packetId, message));
                    LastPacketId = packetId;
                }
                break;
            case SessionEvent.Confirmed confirmed:
                foreach (var packetId in confirmed.PacketIds)
                {
                    var at = InFlight.FindIndex(each => each.Id == packetId);
                    if (at >= 0)
                        InFlight[at] = (packetId, null);
                }
                break;
            case SessionEvent.Acknowledged acknowledged:
                foreach (var packetId in acknowledged.PacketIds)
                    InFlight.RemoveAll(each => each.Id == packetId);
                break;
            default:
                throw new InvalidOperationException($"{happened.GetType().Name} is not an event of a session.");
        }
    }

    private void Clear()
    {
        (IsOver, IsConnected, Expiry, Will, NextNumber, LastPacketId) = (true, false, 0, null, 0, 0);
        Subscriptions.Clear();
        Queue.Clear();
        InFlight.Clear();
        Received.Clear();
    }
}
