using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;

namespace Akka.Mqtt.Server.Core;

/// <summary>
/// All that is kept of a session between connections, as plain data: what a store gives when a session is loaded, and what the events add up to. Of
/// a connection it has only that there is one: quotas and aliases begin anew with each.
/// </summary>
internal sealed class SessionSnapshot
{
    /// <summary>Which session; its client identifier is null as long as no session has begun.</summary>
    public SessionKey Key { get; set; }

    /// <summary>The user name that made the session; null for an anonymous client.</summary>
    public string? Owner { get; set; }

    /// <summary>Whether the session has ended, or not begun.</summary>
    public bool IsOver { get; set; } = true;

    /// <summary>The epoch of the last connection.</summary>
    public long Epoch { get; set; }

    /// <summary>Whether a connection holds the session.</summary>
    public bool IsConnected { get; set; }

    /// <summary>When the last connection came or ended, in milliseconds since the Unix epoch.</summary>
    public long ChangedAt { get; set; }

    /// <summary>The Session Expiry Interval in seconds; <see cref="uint.MaxValue"/> never.</summary>
    public uint Expiry { get; set; }

    /// <summary>The will that is to be published if the connection is lost, or after its delay; null for none.</summary>
    public Will? Will { get; set; }

    /// <summary>The subscriptions by filter.</summary>
    public Dictionary<string, SessionSubscription> Subscriptions { get; set; } = new(StringComparer.Ordinal);

    /// <summary>Messages that wait, by their numbers.</summary>
    public SortedDictionary<long, QueuedMessage> Queue { get; set; } = [];

    /// <summary>The number that the next message gets.</summary>
    public long NextNumber { get; set; }

    /// <summary>Messages in flight in the order in which they were sent first; null where only the PUBREL is left.</summary>
    public List<(ushort Id, QueuedMessage? Message)> InFlight { get; set; } = [];

    /// <summary>The packet identifier that was given last; 0 for none.</summary>
    public ushort LastPacketId { get; set; }

    /// <summary>QoS 2 messages of the client that it has not released.</summary>
    public HashSet<ushort> Received { get; set; } = [];

    /// <summary>Adds up events.</summary>
    /// <param name="events">The events of one session, from its beginning or from this state on, in order.</param>
    /// <returns>This.</returns>
    public SessionSnapshot Apply(IEnumerable<SessionEvent> events)
    {
        foreach (var happened in events)
            Apply(happened);
        return this;
    }

    /// <summary>Adds an event: the definition of what it means.</summary>
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
                throw new InvalidOperationException($"{happened.GetType().Name} is no event of a session.");
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
