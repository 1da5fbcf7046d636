using Akka.Actor;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Cluster;

public sealed partial class MqttDevices
{
    /// <summary>Told to <see cref="Actor"/>, which answers it with an <see cref="Answer"/>.</summary>
    public abstract record Command
    {
        private protected Command()
        {
        }
    }

    /// <summary>
    /// Send a message to one client, whatever it has subscribed to. Answered by <see cref="Reached"/>, <see cref="NotConnected"/>, <see cref="Unknown"/>,
    /// <see cref="Unreachable"/> or <see cref="Refused"/>. The message is kept in memory until the client acknowledges it; it is not written to a storage. Two
    /// messages that an actor sends to one client stay in order while the client stays connected to one node, and the first has been answered.
    /// </summary>
    /// <param name="ClientId">The client.</param>
    /// <param name="Packet">
    /// The message, with its QoS. RETAIN, DUP, packet identifier, topic alias and subscription identifiers are ignored. For a client on another node it must not be
    /// larger than <c>frame-size</c>.
    /// </param>
    public sealed record Send(string ClientId, Publish Packet) : Command;

    /// <summary>
    /// Ask one client a question by the request and response of MQTT 5.0: it gets the message with a Response Topic and Correlation Data, and publishes its answer
    /// to that topic. Answered by <see cref="Reply"/>, <see cref="NoReply"/>, or as <see cref="Send"/> is; a client of MQTT 3.1 and 3.1.1 is
    /// <see cref="Refused"/>. The client needs the right to publish to <c>device-answer-topic</c>/#.
    /// </summary>
    /// <param name="ClientId">The client.</param>
    /// <param name="Packet">The question; see <see cref="Send.Packet"/>. Its Response Topic and Correlation Data are replaced.</param>
    public sealed record Request(string ClientId, Publish Packet) : Command
    {
        /// <summary>How long the client may take. More than 0, at most an hour. Default: 10 s.</summary>
        public TimeSpan Timeout
        {
            get;
            init => field = value > TimeSpan.Zero && value <= TimeSpan.FromHours(1)
                ? value
                : throw new ArgumentOutOfRangeException(nameof(value), $"Timeout = {value:c} is out of range: more than 0, at most an hour.");
        } = TimeSpan.FromSeconds(10);
    }

    /// <summary>
    /// End the connection of a client. Its will is published. Answered by <see cref="Reached"/>, <see cref="NotConnected"/>, <see cref="Unknown"/>,
    /// <see cref="Unreachable"/> or <see cref="Refused"/>.
    /// </summary>
    /// <param name="ClientId">The client.</param>
    public sealed record Disconnect(string ClientId) : Command
    {
        /// <summary>The code that a 5.0 client is told, one of those for DISCONNECT. Default: 0x98.</summary>
        public ReasonCode Reason { get; init; } = ReasonCode.AdministrativeAction;

        /// <summary>Whether its session ends too, also while it is not connected. Default: no.</summary>
        public bool EndSession { get; init; }
    }

    /// <summary>List the sessions of all nodes. Answered by <see cref="ClientPage"/>.</summary>
    public sealed record GetClients : Command
    {
        /// <summary>Only clients that are connected. Default: no, sessions whose client is away too.</summary>
        public bool ConnectedOnly { get; init; }

        /// <summary>Only identifiers after this one, in ordinal order: <see cref="ClientPage.Next"/> of the page before. Default: from the first.</summary>
        public string After { get; init; } = "";

        /// <summary>
        /// Only sessions with this text in their client identifier, their user name or the address of their client; case does not matter. Of durable sessions whose
        /// client is away, only the client identifier is searched. Default: empty, for all.
        /// </summary>
        public string Search { get; init; } = "";

        /// <summary>Most sessions in the answer, which may have fewer. 1 to 10,000. Default: 1,000.</summary>
        public int Limit
        {
            get;
            init => field = value is >= 1 and <= 10_000
                ? value
                : throw new ArgumentOutOfRangeException(nameof(value), $"Limit = {value} is out of range: 1 to 10000.");
        } = 1000;
    }

    /// <summary>
    /// Told to <see cref="Actor"/>: tell an actor each <see cref="Event"/> of the whole cluster from now on, until it ends or <see cref="Unsubscribe"/>. Answered by
    /// <see cref="Subscribed"/>. Events of other nodes begin when those nodes have heard of the subscription.
    /// </summary>
    /// <param name="Subscriber">The actor. May be on another node.</param>
    public sealed record Subscribe(IActorRef Subscriber) : INoSerializationVerificationNeeded;

    /// <summary>Told to <see cref="Actor"/>: tell an actor no more events.</summary>
    /// <param name="Subscriber">The actor.</param>
    public sealed record Unsubscribe(IActorRef Subscriber) : INoSerializationVerificationNeeded;

    /// <summary>Answer to <see cref="Subscribe"/>, told to the subscriber before its first event.</summary>
    public sealed record Subscribed : INoSerializationVerificationNeeded;
}
