namespace Akka.Mqtt.Dashboard.Answers;

/// <summary>A page of sessions.</summary>
/// <param name="Clients">The sessions, by client identifier in ordinal order.</param>
/// <param name="Total">The number of all results, with those of other pages.</param>
/// <param name="Next">The value of <c>after</c> for the next page; null on the last one.</param>
/// <param name="Missing">The nodes of the cluster that did not answer, whose sessions are missing.</param>
internal sealed record ClientsAnswer(IReadOnlyList<ClientRow> Clients, int Total, string? Next, IReadOnlyList<string> Missing);

/// <summary>A session in a list.</summary>
/// <param name="ClientId">The client.</param>
/// <param name="Connection">Its connection; null while it is offline.</param>
/// <param name="QueuedMessages">The number of its queued messages.</param>
/// <param name="WaitingBytes">Their bytes.</param>
/// <param name="Node">The node of the cluster that has it; null for a server that is alone.</param>
internal sealed record ClientRow(string ClientId, ConnectionAnswer? Connection, int QueuedMessages, long WaitingBytes, string? Node);

/// <summary>The clients with the most traffic.</summary>
/// <param name="Clients">The clients, the busiest one first.</param>
/// <param name="Connected">How many are connected.</param>
internal sealed record BusyAnswer(IReadOnlyList<BusyRow> Clients, int Connected);

/// <summary>A client with its traffic.</summary>
/// <param name="ClientId">The client.</param>
/// <param name="Address">Its address.</param>
/// <param name="UserName">Its user name; null for none.</param>
/// <param name="ReceivedPerSecond">Bytes from it, a second.</param>
/// <param name="SentPerSecond">Bytes to it, a second.</param>
/// <param name="BytesReceived">Bytes from it on this connection.</param>
/// <param name="BytesSent">Bytes to it on this connection.</param>
/// <param name="QueuedMessages">The number of its queued messages.</param>
internal sealed record BusyRow(
    string ClientId, string? Address, string? UserName, double ReceivedPerSecond, double SentPerSecond, long BytesReceived, long BytesSent, int QueuedMessages);

/// <summary>The connection of a client.</summary>
internal sealed record ConnectionAnswer(string? Address, string Transport, string Version, string? UserName, int KeepAlive, DateTimeOffset ConnectedAt);

/// <summary>A session.</summary>
internal sealed record ClientAnswer(
    string ClientId,
    ConnectionAnswer? Connection,
    long? SessionExpirySeconds,
    bool HasWill,
    IReadOnlyList<SubscriptionAnswer> Subscriptions,
    int InflightMessages,
    int InflightQuota,
    long InflightBytes,
    int UnreleasedMessages,
    int QueuedMessages,
    int QueuedQoS0Messages,
    long QueuedBytes,
    long OutstandingBytes,
    int? MailboxMessages,
    bool IsSlow,
    bool IsThrottled,
    long MessagesReceived,
    long MessagesSent,
    long BytesReceived,
    long BytesSent,
    IReadOnlyList<PacketAnswer> LastPackets);

/// <summary>A subscription.</summary>
internal sealed record SubscriptionAnswer(string Filter, int Qos, bool NoLocal, bool RetainAsPublished, string RetainHandling);

/// <summary>A recorded packet.</summary>
internal sealed record PacketAnswer(DateTimeOffset At, bool Received, string Type, int PacketId, string? Topic, int Qos, int Size);

/// <summary>A request to disconnect a client.</summary>
/// <param name="ClientId">The client.</param>
/// <param name="EndSession">Whether its session ends too.</param>
internal sealed record DisconnectRequest(string ClientId, bool EndSession = false);

/// <summary>The result.</summary>
internal sealed record DisconnectAnswer(string ClientId, bool WasConnected);

/// <summary>A ban: of a client identifier or of an address.</summary>
/// <param name="ClientId">The client identifier; null for an address.</param>
/// <param name="Address">The IP address; null for a client identifier.</param>
/// <param name="Seconds">How long, 1 to 315,360,000; null until the server stops.</param>
/// <param name="Disconnect">Whether a client with this identifier is disconnected too.</param>
internal sealed record BanRequest(string? ClientId = null, string? Address = null, long? Seconds = null, bool Disconnect = true);

/// <summary>The result of a change of bans.</summary>
/// <param name="Changed">Whether it has changed anything, on any node.</param>
/// <param name="Missing">The nodes of the cluster that did not answer, or refused; their bans are unchanged.</param>
internal sealed record BanChangeAnswer(bool Changed, IReadOnlyList<string> Missing);

/// <summary>A request to end a ban.</summary>
internal sealed record UnbanRequest(string? ClientId = null, string? Address = null);

/// <summary>All bans.</summary>
internal sealed record BansAnswer(IReadOnlyList<BanAnswer> Bans);

/// <summary>A ban.</summary>
internal sealed record BanAnswer(string? ClientId, string? Address, DateTimeOffset? Until);

/// <summary>A page of the filters that clients have subscribed to.</summary>
/// <param name="Filters">The filters, in ordinal order.</param>
/// <param name="Total">The number of all results, with those of other pages.</param>
/// <param name="Next">The value of <c>after</c> for the next page; null on the last one.</param>
internal sealed record FiltersAnswer(IReadOnlyList<FilterAnswer> Filters, int Total, string? Next);

/// <summary>A filter.</summary>
/// <param name="Filter">The filter, with the mount point of its listener.</param>
/// <param name="Subscribers">The number of its subscribers outside groups, counting each other node of a cluster as one.</param>
/// <param name="Groups">The groups of shared subscriptions.</param>
internal sealed record FilterAnswer(string Filter, int Subscribers, IReadOnlyList<GroupAnswer> Groups);

/// <summary>A group of a shared subscription.</summary>
internal sealed record GroupAnswer(string Name, int Members);
