namespace Akka.Mqtt.Dashboard.Answers;

/// <summary>The nodes of the cluster; a server that is alone is the only one.</summary>
/// <param name="Nodes">The nodes, the one that answers first.</param>
internal sealed record NodesAnswer(IReadOnlyList<NodeAnswer> Nodes);

/// <summary>A node: a server in an actor system.</summary>
/// <param name="Node">Its address, by which <c>nodes/drain</c> knows it.</param>
/// <param name="IsSelf">Whether it is the one that answers.</param>
/// <param name="State">
/// Where it stands: Starting, Ready, Draining, Removed or Stopped as it says itself; Unreachable when the cluster cannot reach it; Silent when it did not answer in time; Left
/// when it has given its sessions to the others.
/// </param>
/// <param name="Detail">What is missing or does not work; null for nothing.</param>
/// <param name="Figures">What it counts; null when it has not answered.</param>
internal sealed record NodeAnswer(string Node, bool IsSelf, string State, string? Detail, NodeFiguresAnswer? Figures);

/// <summary>What a node counts. Rates are per second since this was asked before, or averages since the node started.</summary>
internal sealed record NodeFiguresAnswer(
    string Name,
    string Version,
    double UptimeSeconds,
    string LoadLevel,
    long Clients,
    long Connections,
    long Sessions,
    long Subscriptions,
    double MessagesReceivedPerSecond,
    double MessagesSentPerSecond,
    double BytesReceivedPerSecond,
    double BytesSentPerSecond,
    double DroppedPerSecond,
    double RefusedPerSecond,
    long WaitingBytes,
    long ProcessMemory,
    double ProcessorPercent);

/// <summary>Which node is drained.</summary>
/// <param name="Node">Its address, as in the list of nodes.</param>
internal sealed record DrainRequest(string Node);

/// <summary>What came of it.</summary>
/// <param name="Begun">Whether the node has begun; false when it drains already, or has left.</param>
internal sealed record DrainAnswer(bool Begun);
