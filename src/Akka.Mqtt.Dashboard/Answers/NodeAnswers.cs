namespace Akka.Mqtt.Dashboard.Answers;

/// <summary>The nodes of the cluster; a server that is alone is the only one.</summary>
/// <param name="Nodes">The nodes, the one that answers first.</param>
internal sealed record NodesAnswer(IReadOnlyList<NodeAnswer> Nodes);

/// <summary>A node: a server in an actor system.</summary>
/// <param name="Node">Its address, for <c>nodes/drain</c>.</param>
/// <param name="IsSelf">Whether it is the one that answers.</param>
/// <param name="State">
/// Its state. Starting, Ready, Draining, Removed and Stopped are reported by the node itself; Unreachable when the cluster cannot reach it; Silent when it
/// did not answer in time; Left when it has handed its sessions over to the others.
/// </param>
/// <param name="Detail">The problem; null for none.</param>
/// <param name="Figures">Its counters; null when it has not answered.</param>
internal sealed record NodeAnswer(string Node, bool IsSelf, string State, string? Detail, NodeFiguresAnswer? Figures);

/// <summary>The counters of a node. Rates are per second since the last request, or averages since the node started.</summary>
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

/// <summary>A request to drain a node.</summary>
/// <param name="Node">Its address, as in the list of nodes.</param>
internal sealed record DrainRequest(string Node);

/// <summary>The result.</summary>
/// <param name="Begun">Whether the node has started to drain; false when it already drains, or has left.</param>
internal sealed record DrainAnswer(bool Begun);
