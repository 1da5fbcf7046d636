using Akka.Actor;

namespace Akka.Mqtt.Server.Routing;

/// <summary>
/// A session as publishers see it: where to tell deliveries, and how many are on the way. One per life of a session: deliveries to an
/// earlier
/// life are recognised and dropped. Shared by all threads.
/// </summary>
internal sealed class SessionTarget
{
    private readonly int _maxUnhandled;
    private int _unhandled;
    private volatile bool _connected;

    /// <summary>Makes a target.</summary>
    /// <param name="clientId">The client.</param>
    /// <param name="actor">Its session actor.</param>
    /// <param name="maxUnhandled">Most messages that may wait in the mailbox of the session actor.</param>
    public SessionTarget(string clientId, IActorRef actor, int maxUnhandled)
    {
        ClientId = clientId;
        Actor = actor;
        _maxUnhandled = maxUnhandled;
    }

    public string ClientId { get; }

    public IActorRef Actor { get; }

    /// <summary>Whether the client is connected; what shared subscriptions choose by.</summary>
    public bool IsConnected
    {
        get => _connected;
        set => _connected = value;
    }

    /// <summary>Room in the mailbox for a batch: one interlocked operation per batch, not per message.</summary>
    /// <param name="messages">Messages in the batch.</param>
    /// <returns>Whether the batch may be told.</returns>
    public bool TryReserve(int messages)
    {
        if (Volatile.Read(ref _unhandled) >= _maxUnhandled)
            return false;
        Interlocked.Add(ref _unhandled, messages);
        return true;
    }

    /// <summary>A batch has been handled.</summary>
    /// <param name="messages">Messages in it.</param>
    public void Release(int messages) => Interlocked.Add(ref _unhandled, -messages);
}
