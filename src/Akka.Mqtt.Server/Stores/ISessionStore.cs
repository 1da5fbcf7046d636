using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;
using Akka.Mqtt.Server.Core;

namespace Akka.Mqtt.Server.Stores;

/// <summary>
/// The store of sessions without an actor. A session is either held by the caller of <see cref="Begin"/> or <see cref="Take"/>, or parked
/// here. The directory decides who may take it. Thread safe; only its holder may use a held session.
/// </summary>
internal interface ISessionStore
{
    /// <summary>
    /// The earliest time at which the will or expiry of a parked session is due; <see cref="long.MaxValue"/> for never. Sessions that
    /// <see cref="FindDue"/> has returned do not count.
    /// </summary>
    long NextDue { get; }

    /// <summary>Starts a new session, which the caller holds. No session may have the key.</summary>
    /// <param name="key">The key of the session.</param>
    /// <param name="owner">The user name of its first client; null for an anonymous client.</param>
    /// <param name="now">The time now, in milliseconds since the Unix epoch.</param>
    /// <returns>The session.</returns>
    SessionCore Begin(SessionKey key, string? owner, long now);

    /// <summary>Takes a parked session; from now on the caller holds it.</summary>
    /// <param name="key">The key of the session.</param>
    /// <returns>The session; null when no session has the key, or it is held.</returns>
    SessionCore? Take(SessionKey key);

    /// <summary>Parks a session that the caller holds. It must not be connected or over.</summary>
    /// <param name="session">The session; the caller must not use it any more.</param>
    /// <param name="watcher">Called for each change until the session is taken.</param>
    void Park(SessionCore session, IParkedSessionWatcher watcher);

    /// <summary>Delivers messages to a parked session.</summary>
    /// <param name="key">The key of the session.</param>
    /// <param name="batch">The batch; the array is not written to any more.</param>
    /// <param name="shares">For each message the group of the shared subscription by which it came, or null; null when there is none.</param>
    /// <param name="receivedAt">When the server received it.</param>
    /// <param name="now">The time now.</param>
    /// <returns>Whether the session is parked here. If not, nothing was delivered: a holder has it now.</returns>
    bool TryDeliver(SessionKey key, Publish[] batch, SharedKey?[]? shares, long receivedAt, long now);

    /// <summary>
    /// Finds parked sessions whose will is due or that have expired, the earliest first. They stay parked: take them. Each is returned
    /// once, until it is parked again.
    /// </summary>
    /// <param name="now">The time now.</param>
    /// <param name="most">The highest number to return; call again while it returns as many.</param>
    /// <returns>Their keys.</returns>
    IReadOnlyList<SessionKey> FindDue(long now, int most);
}

/// <summary>Observes a session while it is parked. Calls are made one after the other, on any thread, and must not block.</summary>
internal interface IParkedSessionWatcher
{
    /// <summary>Messages were delivered to the session.</summary>
    /// <param name="queued">The messages that wait in it now.</param>
    /// <param name="queuedBytes">Their bytes.</param>
    /// <param name="drops">The messages that it dropped by the overflow rule.</param>
    void Delivered(int queued, long queuedBytes, SessionDrops drops);
}
