using Akka.Cluster;

namespace Akka.Mqtt.Cluster.Directory;

/// <summary>
/// The old place of a session that moves; <see cref="Moves"/> controls it. Nodes are identified by their targets, this one by
/// <see cref="Arrival.Here"/>. Thread safe.
/// </summary>
internal interface IDeparture
{
    /// <summary>The new place; null until it is known.</summary>
    UniqueAddress? To { get; }

    /// <summary>The new place is known.</summary>
    /// <param name="to">The new place.</param>
    /// <param name="epoch">The number of the move.</param>
    void SetPlace(UniqueAddress to, long epoch);

    /// <summary>The new place has the session.</summary>
    void Begin();

    /// <summary>A node has announced its cut.</summary>
    void Cut(object node, long turn);

    /// <summary>Whether no more messages of some nodes can arrive at the old place.</summary>
    bool IsOverFor(IEnumerable<object> nodes);

    /// <summary>All messages that a node flushed before its cut have arrived at the old place.</summary>
    /// <param name="node">The node; null when it has left.</param>
    /// <param name="step">The step that the new place receives after the messages.</param>
    void Pass(object? node, MoveStep step);

    /// <summary>The new place has become unreachable or reachable.</summary>
    void SetReachable(bool isReachable);

    /// <summary>The move is over, or the new place is lost.</summary>
    void End();
}
