using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server;

public sealed partial class MqttServer
{
    /// <summary>Sent to <see cref="Admin"/>: list the sessions. The answer is <see cref="ClientList"/>.</summary>
    public sealed record GetClients
    {
        /// <summary>Whether to list only connected clients. Default: no, sessions of offline clients too.</summary>
        public bool ConnectedOnly { get; init; }

        /// <summary>
        /// Only identifiers greater than this one, in ordinal order: the last one of the previous answer. Default: from the first.
        /// </summary>
        public string After { get; init; } = "";

        /// <summary>
        /// Only sessions with this text in the client identifier, the user name or the address of the client; case does not matter. Of
        /// durable sessions with an offline client, only the client identifier is searched. Default: empty, for all.
        /// </summary>
        public string Search { get; init; } = "";

        /// <summary>The highest number of sessions in the answer. Default: 1,000.</summary>
        public int Limit { get; init; } = 1000;
    }

    /// <summary>The list of sessions.</summary>
    /// <param name="Clients">The sessions, by client identifier in ordinal order.</param>
    /// <param name="Total">
    /// The number of sessions, including those beyond the limit. With <see cref="GetClients.Search"/>: how many were found; of durable
    /// sessions with an offline client, only those in this answer are counted.
    /// </param>
    public sealed record ClientList(MqttList<ClientInfo> Clients, int Total);

    /// <summary>
    /// Sent to <see cref="Admin"/>: report the state of a session. The answer is <see cref="ClientState"/> or
    /// <see cref="ClientNotFound"/>.
    /// </summary>
    /// <param name="ClientId">The client.</param>
    public sealed record InspectClient(string ClientId);

    /// <summary>
    /// Sent to <see cref="Admin"/>: disconnect a client. Its will is published. The answer is <see cref="ClientDisconnecting"/> or
    /// <see cref="ClientNotFound"/>.
    /// </summary>
    /// <param name="ClientId">The client.</param>
    public sealed record DisconnectClient(string ClientId)
    {
        /// <summary>The reason code for a 5.0 client, one of those for DISCONNECT. Default: 0x98.</summary>
        public ReasonCode Reason { get; init; } = ReasonCode.AdministrativeAction;

        /// <summary>Whether its session ends too, with its subscriptions and queued messages. Default: no.</summary>
        public bool EndSession { get; init; }
    }

    /// <summary>The client is being disconnected; <see cref="ClientDisconnected"/> follows on the event stream if it was connected.</summary>
    /// <param name="ClientId">The client.</param>
    /// <param name="WasConnected">Whether it was connected.</param>
    public sealed record ClientDisconnecting(string ClientId, bool WasConnected);

    /// <summary>No session has this client identifier.</summary>
    /// <param name="ClientId">The client.</param>
    public sealed record ClientNotFound(string ClientId);

    /// <summary>Sent to an in-process subscriber: messages that arrived together, in order.</summary>
    /// <param name="Subscription">The subscription that they match.</param>
    /// <param name="Packets">The messages, at least one. They need no acknowledgement.</param>
    public sealed record Messages(Subscription Subscription, MqttList<Publish> Packets);
}
