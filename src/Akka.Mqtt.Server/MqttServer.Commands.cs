using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server;

public sealed partial class MqttServer
{
    /// <summary>Told to <see cref="Admin"/>: which sessions are there? Answered by <see cref="ClientList"/>.</summary>
    public sealed record GetClients
    {
        /// <summary>Only clients that are connected. Default: no, sessions whose client is away too.</summary>
        public bool ConnectedOnly { get; init; }

        /// <summary>Only identifiers after this one, in ordinal order: the last of the answer before. Default: from the first.</summary>
        public string After { get; init; } = "";

        /// <summary>
        /// Only sessions with this text in their client identifier, their user name or the address of their client; case does not matter. Of durable sessions whose
        /// client is away, only the client identifier is searched. Default: empty, for all.
        /// </summary>
        public string Search { get; init; } = "";

        /// <summary>Most sessions in the answer. Default: 1,000.</summary>
        public int Limit { get; init; } = 1000;
    }

    /// <summary>The sessions that were asked for.</summary>
    /// <param name="Clients">The sessions, by client identifier in ordinal order.</param>
    /// <param name="Total">
    /// How many there are, those outside the limit included. With <see cref="GetClients.Search"/>, how many were found; of durable sessions whose client is away, only
    /// those in this answer are counted.
    /// </param>
    public sealed record ClientList(MqttList<ClientInfo> Clients, int Total);

    /// <summary>
    /// Told to <see cref="Admin"/>: what is the state of a session? Answered by <see cref="ClientState"/> or <see cref="ClientNotFound"/>.
    /// </summary>
    /// <param name="ClientId">The client.</param>
    public sealed record InspectClient(string ClientId);

    /// <summary>
    /// Told to <see cref="Admin"/>: end the connection of a client. Its will is published. Answered by <see cref="ClientDisconnecting"/> or
    /// <see cref="ClientNotFound"/>.
    /// </summary>
    /// <param name="ClientId">The client.</param>
    public sealed record DisconnectClient(string ClientId)
    {
        /// <summary>The code that a 5.0 client is told, one of those for DISCONNECT. Default: 0x98.</summary>
        public ReasonCode Reason { get; init; } = ReasonCode.AdministrativeAction;

        /// <summary>Whether its session ends too, with its subscriptions and what waits. Default: no.</summary>
        public bool EndSession { get; init; }
    }

    /// <summary>The client is being disconnected; <see cref="ClientDisconnected"/> follows on the event stream if it was connected.</summary>
    /// <param name="ClientId">The client.</param>
    /// <param name="WasConnected">Whether it was connected.</param>
    public sealed record ClientDisconnecting(string ClientId, bool WasConnected);

    /// <summary>There is no session of this client.</summary>
    /// <param name="ClientId">The client.</param>
    public sealed record ClientNotFound(string ClientId);

    /// <summary>Told to an in-process subscriber: messages that arrived together, in order.</summary>
    /// <param name="Subscription">The subscription that they match.</param>
    /// <param name="Packets">The messages, at least one. There is nothing to acknowledge.</param>
    public sealed record Messages(Subscription Subscription, MqttList<Publish> Packets);
}
