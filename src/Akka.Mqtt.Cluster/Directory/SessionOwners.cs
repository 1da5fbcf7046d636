using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Directories;

namespace Akka.Mqtt.Cluster.Directory;

/// <summary>The sessions of this node, for the session registry, which asks for each CONNECT. Thread safe.</summary>
internal sealed class SessionOwners : ISessionOwners
{
    private readonly TaskCompletionSource<string> _removed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private IActorRef _cluster = ActorRefs.Nobody;

    /// <summary>The registry of sessions.</summary>
    public IActorRef Registry { get; private set; } = ActorRefs.Nobody;

    /// <summary>The sessions, and their epochs.</summary>
    public ConcurrentDictionary<SessionKey, long> Owned { get; } = new();

    /// <summary>Sessions that move to other nodes.</summary>
    public ConcurrentDictionary<SessionKey, bool> GivenUp { get; } = new();

    /// <summary>Durable sessions of this node for which the old node may still write messages.</summary>
    public ConcurrentDictionary<SessionKey, bool> Settling { get; } = new();

    /// <summary>The nodes, for administrators.</summary>
    public required IClusterNodes Nodes { get; init; }

    public Task<string> Removed => _removed.Task;

    /// <summary>See <see cref="Remove"/>.</summary>
    public bool IsRemoved => _removed.Task.IsCompleted;

    public TimeSpan Patience { get; set; }

    /// <summary>Whether this node is a member of a cluster.</summary>
    public bool IsMember { get; set; }

    /// <summary>Whether this node does not know the filters of all members yet, so that no client gets a session.</summary>
    public bool IsJoining { get; set; } = true;

    public string? NotReady =>
        !IsMember ? "this node is not a member of a cluster yet"
        : IsJoining ? "this node joins its cluster: it does not know the filters of all nodes yet"
        : null;

    public bool HasOthers { get; set; }

    /// <summary>This node has lost its lease, or is no longer a member: it has no sessions any more.</summary>
    /// <param name="why">The reason; only the first one counts.</param>
    /// <returns>Whether it is the first.</returns>
    public bool Remove(string why) => _removed.TrySetResult(why);

    public bool Owns(in SessionKey key) => Owned.ContainsKey(key) && !IsRemoved && !IsJoining && !Settling.ContainsKey(key);

    public bool IsGivenUp(in SessionKey key) => GivenUp.ContainsKey(key) || Settling.ContainsKey(key);

    public void Want(in SessionKey key, object message) => _cluster.Tell(new Wanted(key, message), ActorRefs.NoSender);

    public void Ended(in SessionKey key)
    {
        if (Owned.TryRemove(key, out var epoch))
            _cluster.Tell(new SessionEnded(key, epoch), ActorRefs.NoSender);
    }

    public void Use(IActorRef cluster, IActorRef registry)
    {
        Registry = registry;
        _cluster = cluster;
    }

    /// <summary>To the directory: see <see cref="Want"/>.</summary>
    internal sealed record Wanted(SessionKey Key, object Message) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    /// <summary>To the directory: a session has ended, and is no longer in <see cref="Owned"/>.</summary>
    internal sealed record SessionEnded(SessionKey Key, long Epoch) : INoSerializationVerificationNeeded, IDeadLetterSuppression;
}
