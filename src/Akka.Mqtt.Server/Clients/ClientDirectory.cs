using System.Collections;
using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Mqtt.Server.Core;

namespace Akka.Mqtt.Server.Clients;

/// <summary>
/// All sessions, for lists and counts. Sessions enter and leave by themselves. Durable sessions that nobody holds are in <see cref="Parked"/>, all others
/// have an entry. Thread safe; nothing on the publish path reads it.
/// </summary>
internal sealed class ClientDirectory : IEnumerable<ClientEntry>
{
    private readonly ConcurrentDictionary<SessionKey, ClientEntry> _entries = [];
    private volatile bool _hasMountedOrOwned; // then one client identifier may have several sessions

    /// <summary>Knows which actor holds which session; set once, before the first connection.</summary>
    public IActorRef Registry { get; set; } = ActorRefs.Nobody;

    /// <summary>Durable sessions that nobody holds.</summary>
    public ParkedSessions Parked { get; set; } = new();

    /// <summary>The session of a key, or null: also when it is durable and parked.</summary>
    public ClientEntry? Get(in SessionKey key) => _entries.GetValueOrDefault(key);

    public void Add(ClientEntry entry)
    {
        if (!_hasMountedOrOwned && (entry.Key.MountPoint.Length > 0 || entry.Key.User is not null))
            _hasMountedOrOwned = true;
        _entries[entry.Key] = entry;
    }

    /// <summary>Removes an entry, unless another has taken its place.</summary>
    public void Remove(ClientEntry entry) => _entries.TryRemove(KeyValuePair.Create(entry.Key, entry));

    /// <summary>Whether there is a session of a key; one that is just being taken or parked included.</summary>
    public bool Contains(SessionKey key) => _entries.ContainsKey(key) || Parked.Find(key) != 0 || _entries.ContainsKey(key);

    /// <summary>A session of a client identifier that has an entry, for administration, which looks through all where mount points or users tell sessions apart: the one without mount point and user if there is one, else any.</summary>
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

    /// <summary>What waits for all clients that have an entry.</summary>
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
