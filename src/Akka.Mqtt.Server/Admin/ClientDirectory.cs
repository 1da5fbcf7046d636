using System.Collections;
using System.Collections.Concurrent;

namespace Akka.Mqtt.Server.Admin;

/// <summary>All sessions, for lists and counts. Sessions enter and leave by themselves. Thread safe; nothing on the publish path reads it.</summary>
internal sealed class ClientDirectory : IEnumerable<ClientEntry>
{
    private readonly ConcurrentDictionary<string, ClientEntry> _entries = new(StringComparer.Ordinal);

    public void Add(ClientEntry entry) => _entries[entry.ClientId] = entry;

    /// <summary>Removes an entry, unless another has taken its place.</summary>
    public void Remove(ClientEntry entry) => _entries.TryRemove(KeyValuePair.Create(entry.ClientId, entry));

    public ClientEntry? Find(string clientId) => _entries.GetValueOrDefault(clientId);

    public IEnumerator<ClientEntry> GetEnumerator()
    {
        foreach (var (_, entry) in _entries)
            yield return entry;
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>What waits for all clients together.</summary>
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
