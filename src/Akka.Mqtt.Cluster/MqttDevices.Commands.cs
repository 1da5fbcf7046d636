using Akka.Actor;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Cluster;

public sealed partial class MqttDevices
{
    /// <summary>A message to <see cref="Actor"/>, which replies with an <see cref="Answer"/>.</summary>
    public abstract record Command
    {
        private protected Command()
        {
        }
    }

    /// <summary>
    /// Send a message to one client, whether it has subscribed to the topic or not. The reply is <see cref="Reached"/>,
    /// <see cref="NotConnected"/>, <see cref="Unknown"/>, <see cref="Unreachable"/> or <see cref="Refused"/>. The message is kept in
    /// memory until the client acknowledges it; it is not written to a storage. Two messages that an actor sends to one client keep their
    /// order if the actor sends the second after the reply to the first, and the client stays connected to one node.
    /// </summary>
    /// <param name="ClientId">The client.</param>
    /// <param name="Packet">
    /// The message, with its QoS. RETAIN, DUP, packet identifier, topic alias and subscription identifiers are ignored. For a client on another node it must not be
    /// larger than <c>frame-size</c>.
    /// </param>
    public sealed record Send(string ClientId, Publish Packet) : Command;

    /// <summary>
    /// Ask one client a question with request and response of MQTT 5.0. The client receives the message with a Response Topic and
    /// Correlation Data, and publishes its answer to that topic. The reply is <see cref="Reply"/>, <see cref="NoReply"/>, or one of those
    /// of <see cref="Send"/>; for a client of MQTT 3.1 or 3.1.1 it is <see cref="Refused"/>. The client needs the right to publish to
    /// <c>device-answer-topic</c>/#.
    /// </summary>
    /// <param name="ClientId">The client.</param>
    /// <param name="Packet">The question; see <see cref="Send.Packet"/>. Its Response Topic and Correlation Data are replaced.</param>
    public sealed record Request(string ClientId, Publish Packet) : Command
    {
        /// <summary>The time within which the client must answer. More than 0, at most an hour. Default: 10 s.</summary>
        public TimeSpan Timeout
        {
            get;
            init => field = value > TimeSpan.Zero && value <= TimeSpan.FromHours(1)
                ? value
                : throw new ArgumentOutOfRangeException(nameof(value), $"Timeout = {value:c} is out of range: more than 0, at most an hour.");
        } = TimeSpan.FromSeconds(10);
    }

    /// <summary>
    /// Close the connection of a client. Its will is published. The reply is <see cref="Reached"/>, <see cref="NotConnected"/>,
    /// <see cref="Unknown"/>, <see cref="Unreachable"/> or <see cref="Refused"/>.
    /// </summary>
    /// <param name="ClientId">The client.</param>
    public sealed record Disconnect(string ClientId) : Command
    {
        /// <summary>The reason code that a client of MQTT 5.0 receives, one of those for DISCONNECT. Default: 0x98.</summary>
        public ReasonCode Reason { get; init; } = ReasonCode.AdministrativeAction;

        /// <summary>Whether its session ends too, even if the client is not connected. Default: no.</summary>
        public bool EndSession { get; init; }
    }

    /// <summary>List the sessions of all nodes. The reply is <see cref="ClientPage"/>.</summary>
    public sealed record GetClients : Command
    {
        /// <summary>Only connected clients. Default: no; sessions of offline clients are listed too.</summary>
        public bool ConnectedOnly { get; init; }

        /// <summary>
        /// Only client identifiers after this one, in ordinal order: <see cref="ClientPage.Next"/> of the previous page. Default: from the
        /// first.
        /// </summary>
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
    /// Message to <see cref="Actor"/>: send an actor each <see cref="Event"/> of the whole cluster from now on, until the actor stops or
    /// <see cref="Unsubscribe"/> is sent. The reply is <see cref="Subscribed"/>. Another node sends its events from the moment when it
    /// receives the subscription.
    /// </summary>
    /// <param name="Subscriber">The actor. May be on another node.</param>
    public sealed record Subscribe(IActorRef Subscriber) : INoSerializationVerificationNeeded;

    /// <summary>Message to <see cref="Actor"/>: send an actor no more events.</summary>
    /// <param name="Subscriber">The actor.</param>
    public sealed record Unsubscribe(IActorRef Subscriber) : INoSerializationVerificationNeeded;

    /// <summary>Reply to <see cref="Subscribe"/>; the subscriber receives it before its first event.</summary>
    public sealed record Subscribed : INoSerializationVerificationNeeded;
}
