using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;
using Akka.Mqtt.Server.Core;

namespace Akka.Mqtt.Server.Stores;

/// <summary>
/// Where sessions are that nobody holds. A session is either held, by the one who called <see cref="Begin"/> or <see cref="Take"/>, or parked here;
/// the directory decides who may take it. Thread safe; a session that is held is its holder's alone.
/// </summary>
internal interface ISessionStore
{
    /// <summary>The earliest time at which will or expiry of a parked session is due, without those that <see cref="FindDue"/> has returned; <see cref="long.MaxValue"/> for never.</summary>
    long NextDue { get; }

    /// <summary>Begins a session; the caller holds it. There must be none of this key.</summary>
    /// <param name="key">Which one.</param>
    /// <param name="owner">The user name that makes it; null for an anonymous client.</param>
    /// <param name="now">The time now, in milliseconds since the Unix epoch.</param>
    /// <returns>The session.</returns>
    SessionCore Begin(SessionKey key, string? owner, long now);

    /// <summary>Takes a session that nobody holds; the caller holds it from here on.</summary>
    /// <param name="key">Which one.</param>
    /// <returns>The session; null when there is none, or somebody holds it.</returns>
    SessionCore? Take(SessionKey key);

    /// <summary>The holder lets go of a session that is not connected and not over.</summary>
    /// <param name="session">The session; the caller must not touch it any more.</param>
    /// <param name="watcher">Told of each change until the session is taken.</param>
    void Park(SessionCore session, IParkedSessionWatcher watcher);

    /// <summary>Hands messages to a session that nobody holds.</summary>
    /// <param name="key">Which one.</param>
    /// <param name="batch">The batch; the array is not written to any more.</param>
    /// <param name="shares">For each message the group of the shared subscription by which it came, or null; null when there is none.</param>
    /// <param name="receivedAt">When the server received it.</param>
    /// <param name="now">The time now.</param>
    /// <returns>Whether the session is parked here; if not, nothing was taken: somebody holds it now.</returns>
    bool TryDeliver(SessionKey key, Publish[] batch, SharedKey?[]? shares, long receivedAt, long now);

    /// <summary>
    /// Parked sessions whose will is due or that have expired, first the earliest. They stay parked: take them. Each is given once, until it is parked
    /// again.
    /// </summary>
    /// <param name="now">The time now.</param>
    /// <param name="most">How many at most; call again while it gives as many.</param>
    /// <returns>Their keys.</returns>
    IReadOnlyList<SessionKey> FindDue(long now, int most);
}

/// <summary>Is told what happens to a session while it is parked. Calls come one after the other, by any thread, and must not block.</summary>
internal interface IParkedSessionWatcher
{
    /// <summary>Messages were handed to the session.</summary>
    /// <param name="queued">Messages that wait in it now.</param>
    /// <param name="queuedBytes">Their bytes.</param>
    /// <param name="drops">Messages that it dropped by rule.</param>
    void Delivered(int queued, long queuedBytes, SessionDrops drops);
}
