using Akka.Mqtt.ManagedClient;
using Akka.Mqtt.Protocol;
using Akka.Streams.Dsl;

namespace Akka.Mqtt;

/// <summary>
/// Messages of a <see cref="MqttClient"/> as sources of Akka.Streams. Each materialization subscribes; its value is a task that completes when the server has
/// granted the subscription, and fails when it has not. The stream completes when the client is disposed, and fails with
/// <see cref="MqttClientException"/> when the server refuses the subscription or the client gives up; a lost connection is no failure, the client makes
/// another one. A stream that is cancelled unsubscribes. One that fails, as in <c>RestartSource</c>, does not: the next stream receives its unacknowledged
/// messages, and those that arrive in the meantime.
/// </summary>
public static class MqttSource
{
    /// <summary>Messages that are acknowledged when the stream takes them: a message whose handling fails later is not sent again.</summary>
    /// <param name="client">The client. It outlives the stream.</param>
    /// <param name="filter">The topic filter.</param>
    /// <param name="qos">The highest QoS at which the server may send. Default: 0.</param>
    /// <returns>The messages. A stream that is <see cref="MqttClientSettings.MaxUnhandledBytes"/> behind loses messages of QoS 0, and they are counted.</returns>
    public static Source<Publish, Task<Done>> AtMostOnce(MqttClient client, string filter, QualityOfService qos = QualityOfService.AtMostOnce) =>
        AtMostOnce(client, new Subscription(filter, qos));

    /// <summary>Messages that are acknowledged when the stream takes them; see the other overload.</summary>
    /// <param name="client">The client. It outlives the stream.</param>
    /// <param name="subscription">The filter with its options.</param>
    /// <returns>The messages.</returns>
    public static Source<Publish, Task<Done>> AtMostOnce(MqttClient client, Subscription subscription) => AtLeastOnce(client, subscription).Select(static message =>
    {
        message.Commit();
        return message.Packet;
    });

    /// <summary>
    /// Messages that the stream acknowledges itself, with <see cref="MqttCommittable.Commit"/>. Until then the server, or the client, keeps them too. At most
    /// <see cref="MqttClientSettings.ReceiveMaximum"/> of QoS 1 and 2 are not acknowledged at a time: that is the back-pressure towards the server.
    /// </summary>
    /// <param name="client">The client. It outlives the stream.</param>
    /// <param name="filter">The topic filter.</param>
    /// <param name="qos">The highest QoS at which the server may send. Default: 1.</param>
    /// <returns>The messages.</returns>
    public static Source<MqttCommittable, Task<Done>> AtLeastOnce(MqttClient client, string filter, QualityOfService qos = QualityOfService.AtLeastOnce) =>
        AtLeastOnce(client, new Subscription(filter, qos));

    /// <summary>Messages that the stream acknowledges itself; see the other overload.</summary>
    /// <param name="client">The client. It outlives the stream.</param>
    /// <param name="subscription">The filter with its options.</param>
    /// <returns>The messages.</returns>
    public static Source<MqttCommittable, Task<Done>> AtLeastOnce(MqttClient client, Subscription subscription)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(subscription);
        return Source.FromGraph(new SubscriptionStage(client, subscription));
    }

    /// <summary>
    /// Messages whose acknowledgement is the context of the stream, so that stages in between see messages only: end the stream with
    /// <see cref="MqttSink.Committing{T}"/>.
    /// </summary>
    /// <param name="client">The client. It outlives the stream.</param>
    /// <param name="filter">The topic filter.</param>
    /// <param name="qos">The highest QoS at which the server may send. Default: 1.</param>
    /// <returns>The messages, each with its acknowledgement.</returns>
    public static SourceWithContext<Publish, MqttCommittable, Task<Done>> WithContext(
        MqttClient client, string filter, QualityOfService qos = QualityOfService.AtLeastOnce) =>
        AtLeastOnce(client, filter, qos).AsSourceWithContext(static message => message).Select(static message => message.Packet);
}
