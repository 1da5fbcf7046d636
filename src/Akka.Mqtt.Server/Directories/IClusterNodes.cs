namespace Akka.Mqtt.Server.Directories;

/// <summary>
/// The nodes of a cluster as an administrator of one of them sees them: a dashboard asks here, and so does not need the assembly of the cluster. Each question goes to the other
/// nodes when it is asked, and nothing is kept between questions. Thread safe.
/// </summary>
internal interface IClusterNodes
{
    /// <summary>What each node counts now, this node first.</summary>
    /// <param name="cancellation">Gives up waiting.</param>
    /// <exception cref="NodesBusyException">Too many questions wait.</exception>
    Task<IReadOnlyList<NodeReport>> ReportAsync(CancellationToken cancellation);

    /// <summary>A page of the sessions of all nodes.</summary>
    /// <param name="get">Which ones.</param>
    /// <param name="cancellation">Gives up waiting.</param>
    /// <exception cref="NodesBusyException">Too many questions wait.</exception>
    Task<NodeClients> ListAsync(MqttServer.GetClients get, CancellationToken cancellation);

    /// <summary>Ends the connection of a client, and its session if that is asked for, on whichever node it is.</summary>
    /// <param name="disconnect">Which client.</param>
    /// <param name="cancellation">Gives up waiting; the connection may be ended all the same.</param>
    /// <exception cref="NodesBusyException">Too many questions wait.</exception>
    Task<ClientFate> DisconnectAsync(MqttServer.DisconnectClient disconnect, CancellationToken cancellation);

    /// <summary>Adds or removes a ban on the other nodes.</summary>
    /// <param name="change">What changes.</param>
    /// <param name="cancellation">Gives up waiting; the ban may be changed all the same.</param>
    /// <exception cref="NodesBusyException">Too many questions wait.</exception>
    Task<BanOutcome> ChangeBanAsync(BanChange change, CancellationToken cancellation);

    /// <summary>Has a node disconnect its clients and give its sessions to the others, as <see cref="MqttServer.DrainAsync"/> does. Does not wait for the end of it.</summary>
    /// <param name="node">The node, as in its report.</param>
    /// <param name="cancellation">Gives up waiting; the node may drain all the same.</param>
    /// <returns>Whether it has begun; null when there is no such node.</returns>
    /// <exception cref="NodesBusyException">Too many questions wait.</exception>
    Task<bool?> DrainAsync(string node, CancellationToken cancellation);
}

/// <summary>A node, as another one sees it.</summary>
/// <param name="Node">The address of the node.</param>
/// <param name="IsSelf">Whether it is the node that was asked.</param>
/// <param name="Reach">Whether it has answered.</param>
/// <param name="Figures">What it counts; null when it has not answered.</param>
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

    /// <summary>It has given its sessions away, and is a member of the Akka.NET cluster still.</summary>
    Left,
}

/// <summary>A page of the sessions of all nodes.</summary>
/// <param name="Clients">The sessions, by client identifier in ordinal order, each with its node.</param>
/// <param name="Total">How many were found on the nodes that answered.</param>
/// <param name="Next">Where the next page begins; null on the last one.</param>
/// <param name="Missing">The nodes whose sessions are missing, because they did not answer.</param>
internal sealed record NodeClients(IReadOnlyList<(string Node, ClientInfo Client)> Clients, int Total, string? Next, IReadOnlyList<string> Missing);

/// <summary>What became of a client that was to be disconnected.</summary>
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
/// <param name="Seconds">How long it holds, of one that is added; 0 until the node stops.</param>
internal sealed record BanChange(string? ClientId, string? Address, bool Adds, long Seconds = 0);

/// <summary>What became of the change of a ban on the other nodes.</summary>
/// <param name="Changed">How many nodes have changed it.</param>
/// <param name="Missing">The nodes that did not answer, or refused.</param>
internal sealed record BanOutcome(int Changed, IReadOnlyList<string> Missing);
