using System.Runtime.InteropServices;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.Storage.Writing;

/// <summary>The topic and payload of a message for the database.</summary>
internal struct Content
{
    /// <summary>The identity of the row.</summary>
    public long Id;

    /// <summary>The message; only the fields that all its deliveries share are used.</summary>
    public Publish Packet;

    /// <summary>When the server received it.</summary>
    public long ReceivedAt;

    /// <summary>The number of deliveries of this change set that refer to it.</summary>
    public int References;
}

/// <summary>
/// The net result of operations, ready to be written. Items that were added and removed within it are not in it. The writer's thread reuses it.
/// </summary>
internal sealed class ChangeSet
{
    private readonly Dictionary<long, int> _contentAt = [];
    private readonly List<Content> _contents = [];
    private readonly List<SessionChange> _sessions = [];

    /// <summary>The deliveries. Those that are both new and removed are not written.</summary>
    public DeliveryTable Deliveries { get; } = new();

    /// <summary>Changes of sessions other than deliveries.</summary>
    public IReadOnlyList<SessionChange> Sessions => _sessions;

    /// <summary>Retained messages by topic; null for one that was removed.</summary>
    public Dictionary<string, RetainedRecord?> Retained { get; } = new(StringComparer.Ordinal);

    /// <summary>The last positions on the links from other nodes, by the names of the nodes.</summary>
    public Dictionary<string, LinkPosition> Links { get; } = new(StringComparer.Ordinal);

    /// <summary>The topics and payloads to write; valid after <see cref="Prepare"/>.</summary>
    public ReadOnlySpan<Content> Contents => CollectionsMarshal.AsSpan(_contents);

    /// <summary>Whether nothing was changed, not even by items that were added and removed.</summary>
    public bool IsUntouched => Deliveries.Count == 0 && _sessions.Count == 0 && Retained.Count == 0 && Links.Count == 0;

    /// <summary>The change of a session, which is created if it does not exist.</summary>
    /// <param name="session">The session.</param>
    /// <returns>The change.</returns>
    public SessionChange Of(SessionInfo session)
    {
        if (session.Change is { } change)
            return change;
        change = session.Change = new SessionChange(session);
        _sessions.Add(change);
        return change;
    }

    /// <summary>Computes what must be written.</summary>
    /// <returns>Whether anything is.</returns>
    public bool Prepare()
    {
        var any = Retained.Count > 0 || Links.Count > 0;
        foreach (var change in _sessions)
            any |= !change.IsNothing;
        foreach (ref var delivery in Deliveries.All)
        {
            if (delivery.Session.Change is { Ended: true })
                continue;
            if (delivery.Queued is not { } queued)
            {
                any = true;
                continue;
            }
            if (delivery.IsRemoved)
                continue;
            any = true;
            if (delivery.IsConfirmed)
                continue;
            ref var at = ref CollectionsMarshal.GetValueRefOrAddDefault(_contentAt, delivery.Content, out var exists);
            if (!exists)
            {
                at = _contents.Count;
                _contents.Add(new Content { Id = delivery.Content, Packet = queued.Batch[delivery.Position], ReceivedAt = queued.ReceivedAt });
            }
            CollectionsMarshal.AsSpan(_contents)[at].References++;
        }
        return any;
    }

    /// <summary>Empties it.</summary>
    public void Clear()
    {
        Deliveries.Clear();
        foreach (var change in _sessions)
            change.Session.Change = null;
        _sessions.Clear();
        Retained.Clear();
        Links.Clear();
        _contents.Clear();
        _contentAt.Clear();
    }
}
