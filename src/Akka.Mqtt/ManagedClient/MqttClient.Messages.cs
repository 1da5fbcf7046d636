using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt;

public sealed partial class MqttClient
{
    /// <summary>
    /// The messages to and from the client actor. The client and its users are in one process: these messages are not sent between nodes.
    /// </summary>
    public abstract record Message : INoSerializationVerificationNeeded;

    /// <summary>
    /// A message to the client actor. Its sender receives exactly one <see cref="Outcome"/>, also when the client stops. Each command uses one credit
    /// of <see cref="Demand"/>, and its outcome gives the credit back.
    /// </summary>
    /// <param name="Correlation">Any object that identifies the outcome for the sender.</param>
    public abstract record Command(object? Correlation) : Message;

    /// <summary>
    /// Publishes a message. The outcome is <see cref="Sent"/> for QoS 0, and <see cref="Acked"/> or <see cref="Refused"/> for QoS 1 and 2. Without a
    /// connection the message waits in a bounded queue.
    /// </summary>
    /// <param name="Packet">The message; the client gives it its packet identifier.</param>
    /// <param name="Correlation">Any object that identifies the outcome for the sender.</param>
    public sealed record Publish(Protocol.Publish Packet, object? Correlation = null) : Command(Correlation)
    {
        /// <summary>
        /// Whether the outcome is <see cref="Stored"/> as soon as the message is written in <see cref="MqttClientSettings.Queue"/>. Only for QoS 1 and 2 of a
        /// client with a queue. If the message is not acknowledged later, the handler receives <see cref="Undelivered"/>. Default: no.
        /// </summary>
        public bool CompleteWhenStored { get; init; }
    }

    /// <summary>
    /// Publishes a request, and waits for its answer. The outcome is <see cref="Replied"/> or <see cref="TimedOut"/>. It is <see cref="Refused"/> when the
    /// responder reported a failure, when no client has subscribed to the topic, or when the server or the client refused the request. It is
    /// <see cref="Failed"/> when the request was never sent, and <see cref="Unknown"/> when the connection or the client ended after sending and before an
    /// answer. The request uses its credit until then. The client subscribes to the topic of the answers itself, and its handler does not receive them.
    /// </summary>
    /// <param name="Packet">The request. With <see cref="MqttRequestStyle.Properties"/> its Response Topic and Correlation Data are set.</param>
    /// <param name="Correlation">Any object that identifies the outcome for the sender.</param>
    public sealed record Request(Protocol.Publish Packet, object? Correlation = null) : Command(Correlation)
    {
        /// <summary>
        /// How long to wait for the answer, from when the client takes the command; null is <see cref="MqttClientSettings.AnswerTimeout"/>. More than 0. Default: null.
        /// </summary>
        public TimeSpan? Timeout
        {
            get;
            init => field = value is { } time && (time <= TimeSpan.Zero || time.TotalMilliseconds > int.MaxValue)
                ? throw new ArgumentOutOfRangeException(null, $"Timeout = {time:c} is not more than 0 and at most 24 days.")
                : value;
        }

        /// <summary>How the request transmits the topic of its answer; null means by properties with MQTT 5.0, and by topic with 3.x. Default: null.</summary>
        public MqttRequestStyle? Style { get; init; }
    }

    /// <summary>
    /// Subscribes. The client remembers the subscriptions, and subscribes again on a connection for which the server has no session. The outcome is
    /// <see cref="Acked"/> with one reason code for each filter, or <see cref="Refused"/> when the server granted none of them.
    /// </summary>
    /// <param name="Subscriptions">At least one.</param>
    /// <param name="Correlation">Any object that identifies the outcome for the sender.</param>
    public sealed record Subscribe(MqttList<Subscription> Subscriptions, object? Correlation = null) : Command(Correlation)
    {
        /// <summary>MQTT 5.0 properties, such as a subscription identifier; null for none.</summary>
        public SubscribeProperties? Properties { get; init; }
    }

    /// <summary>Unsubscribes. The outcome is <see cref="Acked"/>.</summary>
    /// <param name="Filters">At least one topic filter.</param>
    /// <param name="Correlation">Any object that identifies the outcome for the sender.</param>
    public sealed record Unsubscribe(MqttList<string> Filters, object? Correlation = null) : Command(Correlation);

    /// <summary>
    /// Ends the client: it waits for the outcomes of earlier commands, at most <see cref="Wait"/>, sends DISCONNECT and stops. Commands that are not
    /// complete then end with <see cref="Failed"/> or <see cref="Unknown"/>. The sender and the handler receive <see cref="Stopped"/>.
    /// </summary>
    public sealed record Disconnect : Message
    {
        /// <summary>How long to wait for outcomes of earlier commands; not at all while there is no connection. Default: 5 s.</summary>
        public TimeSpan Wait { get; init; } = TimeSpan.FromSeconds(5);

        /// <summary>The reason code for the server. <see cref="ReasonCode.DisconnectWithWillMessage"/> publishes the will. Default: normal.</summary>
        public ReasonCode ReasonCode { get; init; } = ReasonCodes.NormalDisconnection;

        /// <summary>Properties of DISCONNECT, 5.0 only; null for none. Default: null.</summary>
        public DisconnectProperties? Properties { get; init; }
    }

    /// <summary>
    /// Acknowledges received messages of QoS 1 and 2: see <see cref="Received.Acknowledge()"/>. The order does not matter; the client sends the
    /// acknowledgements in the order that MQTT requires. A second acknowledgement, or one after the end of the connection, has no effect.
    /// </summary>
    public sealed record Acknowledge : Message
    {
        internal Acknowledge(long first, int count, ReasonCode reasonCode)
        {
            First = first;
            Count = count;
            ReasonCode = reasonCode;
        }

        /// <summary>The reason code for the server; a failure refuses the messages (5.0 only).</summary>
        public ReasonCode ReasonCode { get; }

        internal long First { get; }

        internal int Count { get; }

        internal Acknowledge With(ReasonCode code) => new(First, Count, code);
    }

    /// <summary>The outcome of a request is no longer needed.</summary>
    internal sealed record CancelRequest(object? Correlation) : Message;

    /// <summary>A message from the client actor.</summary>
    public abstract record Event : Message;

    /// <summary>The first message to the handler: the number of commands of all senders that may be under way at once. Further ones are refused.</summary>
    /// <param name="Count">Credits.</param>
    public sealed record Demand(int Count) : Event;

    /// <summary>
    /// Messages that arrived together. To the handler. Those of QoS 1 and 2 are not acknowledged until the handler sends <c>received.Acknowledge()</c> to the
    /// client actor, unless <see cref="MqttClientSettings.AcknowledgeAutomatically"/>.
    /// </summary>
    public sealed record Received : Event
    {
        private readonly long _first;
        private readonly int _numbered;

        internal Received(MqttList<Protocol.Publish> messages, long first, int numbered)
        {
            Messages = messages;
            _first = first;
            _numbered = numbered;
        }

        /// <summary>The messages, in order; at least one. Their topics are complete: topic aliases are resolved.</summary>
        public MqttList<Protocol.Publish> Messages { get; }

        /// <summary>Acknowledges all of them. Not needed, but harmless, when all have QoS 0.</summary>
        /// <returns>The message for the client actor.</returns>
        public Acknowledge Acknowledge() => new(_first, _numbered, ReasonCode.Success);

        /// <summary>Acknowledges one of them.</summary>
        /// <param name="index">Its position in <see cref="Messages"/>.</param>
        /// <param name="reasonCode">The reason code for the server; a failure refuses the message (5.0 only).</param>
        /// <returns>The message for the client actor.</returns>
        public Acknowledge Acknowledge(int index, ReasonCode reasonCode = ReasonCode.Success)
        {
            if (Messages[index].QoS == QualityOfService.AtMostOnce)
                return new Acknowledge(0, 0, reasonCode);
            var before = index;
            if (_numbered < Messages.Count)
            {
                before = 0;
                for (var at = 0; at < index; at++)
                    before += Messages[at].QoS == QualityOfService.AtMostOnce ? 0 : 1;
            }
            return new Acknowledge(_first + before, 1, reasonCode);
        }
    }

    /// <summary>An attempt starts. To the handler.</summary>
    /// <param name="Server">The server that is dialled.</param>
    /// <param name="Attempt">1 for the first attempt since the last stable connection.</param>
    public sealed record Connecting(Uri Server, int Attempt) : Event;

    /// <summary>The server accepted the client. To the handler.</summary>
    /// <param name="Answer">The CONNACK.</param>
    /// <param name="ClientId">The client identifier in use; the server may have assigned it.</param>
    public sealed record Connected(ConnAck Answer, string ClientId) : Event
    {
        /// <summary>Whether the server resumes the session. If not, the client has asked again for all subscriptions.</summary>
        public bool SessionPresent => Answer.SessionPresent;
    }

    /// <summary>A connection has ended, or an attempt has failed, and another one follows. To the handler.</summary>
    /// <param name="Cause">What happened.</param>
    /// <param name="NextAttemptIn">When the next attempt begins.</param>
    public sealed record Disconnected(Cause Cause, TimeSpan NextAttemptIn) : Event;

    /// <summary>No further attempt follows. The client completes all commands with an outcome and stops. To the handler.</summary>
    /// <param name="Cause">Why.</param>
    public sealed record GaveUp(Cause Cause) : Event;

    /// <summary>After a reconnect the server refused a subscription that it had granted before. To the handler. The client drops the subscription.</summary>
    /// <param name="Filter">The topic filter.</param>
    /// <param name="ReasonCode">The server's answer.</param>
    public sealed record ResubscribeFailed(string Filter, ReasonCode ReasonCode) : Event;

    /// <summary>
    /// A message of <see cref="MqttClientSettings.Queue"/> was dropped after its sender had received <see cref="Stored"/>, or had ended with an earlier
    /// process. To the handler.
    /// </summary>
    /// <param name="Packet">The message.</param>
    /// <param name="Outcome">Why it is not delivered: any outcome but <see cref="Acked"/>.</param>
    public sealed record Undelivered(Protocol.Publish Packet, Outcome Outcome) : Event;

    /// <summary>
    /// <see cref="MqttClientSettings.Queue"/> cannot be written, for example because the disk is full. To the handler, once until it can be written again.
    /// The client tries again; until then messages of QoS 1 and 2, acknowledgements and outcomes wait.
    /// </summary>
    /// <param name="Cause">Why; its kind is <see cref="MqttClientCause.QueueFailed"/>.</param>
    public sealed record QueueFailing(Cause Cause) : Event;

    /// <summary>Answers arrived for which no request waits, because they are late or repeated. They are acknowledged and dropped. To the handler.</summary>
    /// <param name="Count">The number since the last such message.</param>
    public sealed record LateAnswers(int Count) : Event;

    /// <summary>The client has stopped. To the handler and to the sender of <see cref="Disconnect"/>; it is the last message.</summary>
    public sealed record Stopped : Event, IDeadLetterSuppression
    {
        /// <summary>The only one.</summary>
        public static Stopped Instance { get; } = new();
    }

    /// <summary>The result of a command; its sender receives exactly one.</summary>
    /// <param name="Correlation">That of the command.</param>
    public abstract record Outcome(object? Correlation) : Event, IDeadLetterSuppression;

    /// <summary>A message of QoS 0 was handed to the transport.</summary>
    /// <param name="Correlation">That of the command.</param>
    public sealed record Sent(object? Correlation) : Outcome(Correlation);

    /// <summary>
    /// The message is written in <see cref="MqttClientSettings.Queue"/>: this client sends it, or the next one that opens the queue. The outcome of
    /// <see cref="Publish.CompleteWhenStored"/>, and of messages that are in the queue when the client stops.
    /// </summary>
    /// <param name="Correlation">That of the command.</param>
    public sealed record Stored(object? Correlation) : Outcome(Correlation);

    /// <summary>The server has acknowledged the command.</summary>
    /// <param name="Correlation">That of the command.</param>
    /// <param name="ReasonCode">The server's reason code; of a SUBACK or UNSUBACK the first.</param>
    public sealed record Acked(object? Correlation, ReasonCode ReasonCode) : Outcome(Correlation)
    {
        /// <summary>The reason codes of a SUBACK or UNSUBACK, one for each filter; empty for a message.</summary>
        public MqttList<ReasonCode> ReasonCodes { get; init; }
    }

    /// <summary>A request has its answer.</summary>
    /// <param name="Correlation">That of the command.</param>
    /// <param name="Answer">The answer. It is acknowledged.</param>
    public sealed record Replied(object? Correlation, Protocol.Publish Answer) : Outcome(Correlation);

    /// <summary>No answer to a request arrived in time. It is unknown whether a responder has handled it. A later answer is dropped: see <see cref="LateAnswers"/>.</summary>
    /// <param name="Correlation">That of the command.</param>
    public sealed record TimedOut(object? Correlation) : Outcome(Correlation);

    /// <summary>The server or the client refused the command.</summary>
    /// <param name="Correlation">That of the command.</param>
    /// <param name="Reason">Who refused it, and why.</param>
    /// <param name="Message">The reason as a text for people.</param>
    public sealed record Refused(object? Correlation, MqttClientRefusal Reason, string Message) : Outcome(Correlation)
    {
        /// <summary>The reason code of the server, or the one that the standard has for a refusal of the client.</summary>
        public ReasonCode? ReasonCode { get; init; }

        /// <summary>The reason codes of a SUBACK, one for each filter; empty for a message.</summary>
        public MqttList<ReasonCode> ReasonCodes { get; init; }
    }

    /// <summary>The command was never sent to the server, and never will be.</summary>
    /// <param name="Correlation">That of the command.</param>
    /// <param name="Cause">Why.</param>
    public sealed record Failed(object? Correlation, Cause Cause) : Outcome(Correlation);

    /// <summary>The command was sent, but it is unknown whether the server carried it out, because the connection or the session ended first.</summary>
    /// <param name="Correlation">That of the command.</param>
    public sealed record Unknown(object? Correlation) : Outcome(Correlation);

    /// <summary>What ended a connection, an attempt or the client.</summary>
    /// <param name="Kind">The kind, for decisions in code.</param>
    /// <param name="Message">The cause as a text for people.</param>
    public sealed record Cause(MqttClientCause Kind, string Message)
    {
        /// <summary>The reason code of CONNACK or DISCONNECT, where the server sent one.</summary>
        public ReasonCode? ReasonCode { get; init; }

        /// <summary>The exception behind it, where there is one.</summary>
        public Exception? Exception { get; init; }
    }
}
