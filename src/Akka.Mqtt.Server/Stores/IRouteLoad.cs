namespace Akka.Mqtt.Server.Stores;

/// <summary>
/// Receives the data of all stored sessions that routing needs, when a server starts. Texts are UTF-8 in memory that the caller reuses, so
/// that a million sessions need no objects on the way. Called by one thread.
/// </summary>
internal interface IRouteLoad
{
    /// <summary>Adds a session.</summary>
    /// <param name="session">Its identity.</param>
    /// <param name="key">Its key.</param>
    /// <param name="epoch">The epoch of its last connection.</param>
    void AddSession(long session, in StoredKey key, long epoch);

    /// <summary>Adds a subscription to the session that was added last.</summary>
    /// <param name="session">The identity of the session.</param>
    /// <param name="filter">The filter, as the client has sent it.</param>
    /// <param name="options">Its options.</param>
    /// <param name="identifier">The Subscription Identifier; 0 for none.</param>
    void AddSubscription(long session, ReadOnlySpan<byte> filter, StoredOptions options, uint identifier);
}
