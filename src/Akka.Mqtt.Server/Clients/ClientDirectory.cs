using System.Collections;
using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Mqtt.Server.Core;

namespace Akka.Mqtt.Server.Clients;

/// <summary>
/// All sessions, for lists and counts. Sessions add and remove themselves. Durable sessions that no actor holds are in
/// <see cref="Parked"/>; all others have an entry. Thread safe. Publishing never reads it.
/// </summary>
internal sealed class ClientDirectory : IEnumerable<ClientEntry>
{
    private readonly ConcurrentDictionary<SessionKey, ClientEntry> _entries = [];
    private volatile bool _hasMountedOrOwned; // if so, one client identifier may have several sessions

    /// <summary>The actor that knows which actor holds a session; set once, before the first connection.</summary>
    public IActorRef Registry { get; set; } = ActorRefs.Nobody;

    /// <summary>Durable sessions that no actor holds.</summary>
    public ParkedSessions Parked { get; set; } = new();

    /// <summary>The entry of a key; null when no session has it, or when its session is durable and parked.</summary>
    public ClientEntry? Get(in SessionKey key) => _entries.GetValueOrDefault(key);

    public void Add(ClientEntry entry)
    {
        if (!_hasMountedOrOwned && (entry.Key.MountPoint.Length > 0 || entry.Key.User is not null))
            _hasMountedOrOwned = true;
        _entries[entry.Key] = entry;
    }

    /// <summary>Removes an entry, unless another has taken its place.</summary>
    public void Remove(ClientEntry entry) => _entries.TryRemove(KeyValuePair.Create(entry.Key, entry));

    /// <summary>
    /// Whether a session has the key. A session that is being parked or taken from the store at this moment is found too.
    /// </summary>
    public bool Contains(SessionKey key) => _entries.ContainsKey(key) || Parked.Find(key) != 0 || _entries.ContainsKey(key);

    /// <summary>
    /// Finds an entry by client identifier, for administration. When mount points or users let several sessions have the same client
    /// identifier, it searches all entries. It prefers the session without mount point and user.
    /// </summary>
    public ClientEntry? Find(string clientId)
    {
        if (_entries.TryGetValue(new SessionKey("", null, clientId), out var entry))
            return entry;
        if (!_hasMountedOrOwned)
            return null;
        foreach (var (key, other) in _entries)
        {
            if (key.ClientId == clientId)
                return other;
        }
        return null;
    }

    public IEnumerator<ClientEntry> GetEnumerator()
    {
        foreach (var (_, entry) in _entries)
            yield return entry;
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>The messages and bytes that wait for all clients with an entry.</summary>
    public (long Messages, long Bytes) Waiting()
    {
        var (messages, bytes) = (0L, 0L);
        foreach (var (_, entry) in _entries)
        {
            messages += entry.Waiting;
            bytes += entry.WaitingBytes;
        }
        return (messages, bytes);
    }
}
