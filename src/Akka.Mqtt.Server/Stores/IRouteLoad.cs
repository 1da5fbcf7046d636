namespace Akka.Mqtt.Server.Stores;

/// <summary>
/// Takes what routing must know of all stored sessions, when a server starts. Texts are UTF-8 that the caller reuses: a million sessions make no object
/// each on their way. Called by one thread.
/// </summary>
internal interface IRouteLoad
{
    /// <summary>A session.</summary>
    /// <param name="session">Its identity.</param>
    /// <param name="key">Its key.</param>
    /// <param name="epoch">The epoch of its last connection.</param>
    void AddSession(long session, in StoredKey key, long epoch);

    /// <summary>A subscription of the session that was added last.</summary>
    /// <param name="session">The identity of the session.</param>
    /// <param name="filter">The filter, as the client has sent it.</param>
    /// <param name="options">Its options.</param>
    /// <param name="identifier">The Subscription Identifier; 0 for none.</param>
    void AddSubscription(long session, ReadOnlySpan<byte> filter, StoredOptions options, uint identifier);
}
