using Akka.Cluster;

namespace Akka.Mqtt.Cluster.Directory;

/// <summary>The old place of a session that moves, as <see cref="Moves"/> drives it. Nodes are named by their targets, this one by <see cref="Arrival.Here"/>. Thread safe.</summary>
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

    /// <summary>Whether nothing comes to the old place any more from some nodes.</summary>
    bool IsOverFor(IEnumerable<object> nodes);

    /// <summary>A node says that all that it flushed before its cut has come to the old place.</summary>
    /// <param name="node">The node; null when it has left.</param>
    /// <param name="step">What the new place is told behind the messages.</param>
    void Pass(object? node, MoveStep step);

    /// <summary>The new place cannot be reached, or can be again.</summary>
    void SetReachable(bool isReachable);

    /// <summary>The move is over, or the new place is lost.</summary>
    void End();
}
