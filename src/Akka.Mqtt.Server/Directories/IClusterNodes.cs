namespace Akka.Mqtt.Server.Directories;

/// <summary>
/// The nodes of a cluster, as an administrator of one of them sees them. A dashboard uses this interface, so that it does not need the assembly of the
/// cluster. Each question is sent to the other nodes; nothing is cached. Thread safe.
/// </summary>
internal interface IClusterNodes
{
    /// <summary>The present counters of each node, this node first.</summary>
    /// <param name="cancellation">Gives up waiting.</param>
    /// <exception cref="NodesBusyException">Too many questions wait.</exception>
    Task<IReadOnlyList<NodeReport>> ReportAsync(CancellationToken cancellation);

    /// <summary>A page of the sessions of all nodes.</summary>
    /// <param name="get">Which ones.</param>
    /// <param name="cancellation">Gives up waiting.</param>
    /// <exception cref="NodesBusyException">Too many questions wait.</exception>
    Task<NodeClients> ListAsync(MqttServer.GetClients get, CancellationToken cancellation);

    /// <summary>Closes the connection of a client on any node, and ends its session if requested.</summary>
    /// <param name="disconnect">Which client.</param>
    /// <param name="cancellation">Gives up waiting; the connection may be ended all the same.</param>
    /// <exception cref="NodesBusyException">Too many questions wait.</exception>
    Task<ClientFate> DisconnectAsync(MqttServer.DisconnectClient disconnect, CancellationToken cancellation);

    /// <summary>Adds or removes a ban on the other nodes.</summary>
    /// <param name="change">The change.</param>
    /// <param name="cancellation">Gives up waiting; the ban may be changed all the same.</param>
    /// <exception cref="NodesBusyException">Too many questions wait.</exception>
    Task<BanOutcome> ChangeBanAsync(BanChange change, CancellationToken cancellation);

    /// <summary>Makes a node disconnect its clients and hand its sessions over to the others, like <see cref="MqttServer.DrainAsync"/>. Does not wait for the end.</summary>
    /// <param name="node">The node, as in its report.</param>
    /// <param name="cancellation">Gives up waiting; the node may drain all the same.</param>
    /// <returns>Whether it has started; null when the node does not exist.</returns>
    /// <exception cref="NodesBusyException">Too many questions wait.</exception>
    Task<bool?> DrainAsync(string node, CancellationToken cancellation);
}

/// <summary>A node, as another one sees it.</summary>
/// <param name="Node">The address of the node.</param>
/// <param name="IsSelf">Whether it is the node that was asked.</param>
/// <param name="Reach">Whether it has answered.</param>
/// <param name="Figures">Its counters; null when it has not answered.</param>
internal sealed record NodeReport(string Node, bool IsSelf, NodeReach Reach, NodeFigures? Figures);

/// <summary>Whether a node has answered.</summary>
internal enum NodeReach
{
    /// <summary>It has.</summary>
    Answered,

    /// <summary>It did not answer in time.</summary>
    Silent,

    /// <summary>The failure detector cannot reach it.</summary>
    Unreachable,

    /// <summary>It has handed its sessions over, but is still a member of the Akka.NET cluster.</summary>
    Left,
}

/// <summary>A page of the sessions of all nodes.</summary>
/// <param name="Clients">The sessions, by client identifier in ordinal order, each with its node.</param>
/// <param name="Total">The number of results on the nodes that answered.</param>
/// <param name="Next">The start of the next page; null on the last one.</param>
/// <param name="Missing">The nodes whose sessions are missing, because they did not answer.</param>
internal sealed record NodeClients(IReadOnlyList<(string Node, ClientInfo Client)> Clients, int Total, string? Next, IReadOnlyList<string> Missing);

/// <summary>The result of a request to disconnect a client.</summary>
internal enum ClientFate
{
    /// <summary>Its connection, or its session, is being ended.</summary>
    Ended,

    /// <summary>It has a session and is not connected.</summary>
    NotConnected,

    /// <summary>No node has a session of it.</summary>
    Unknown,

    /// <summary>A node that may have it did not answer.</summary>
    Unreachable,
}

/// <summary>A ban that is added or removed. It is of a client identifier or of an address.</summary>
/// <param name="ClientId">The client identifier; null for an address.</param>
/// <param name="Address">The IP address; null for a client identifier.</param>
/// <param name="Adds">Whether it is added.</param>
/// <param name="Seconds">The duration of an added ban; 0 until the node stops.</param>
internal sealed record BanChange(string? ClientId, string? Address, bool Adds, long Seconds = 0);

/// <summary>The result of a change of a ban on the other nodes.</summary>
/// <param name="Changed">How many nodes have changed it.</param>
/// <param name="Missing">The nodes that did not answer, or refused.</param>
internal sealed record BanOutcome(int Changed, IReadOnlyList<string> Missing);
