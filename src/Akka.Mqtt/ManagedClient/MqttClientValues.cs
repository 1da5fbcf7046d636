using System.Runtime.CompilerServices;
using Akka.Mqtt.ManagedClient;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt;

/// <summary>Publishes, receives, requests and answers values instead of payloads.</summary>
public static class MqttClientValues
{
    /// <summary>Publishes a value.</summary>
    /// <param name="client">The client.</param>
    /// <param name="topic">The topic name.</param>
    /// <param name="value">The value.</param>
    /// <param name="serializer">Makes the payload: <c>MqttJson.Of(MyContext.Default.Reading)</c>.</param>
    /// <param name="qos">The QoS.</param>
    /// <param name="cancellationToken">Ends the waiting; the message may still be sent.</param>
    /// <typeparam name="T">The type of the value.</typeparam>
    /// <returns>The outcome: <see cref="MqttClient.Sent"/> or <see cref="MqttClient.Acked"/>.</returns>
    /// <exception cref="MqttClientException">Any other outcome.</exception>
    public static Task<MqttClient.Outcome> PublishAsync<T>(
        this MqttClient client, string topic, T value, IMqttSerializer<T> serializer, QualityOfService qos = QualityOfService.AtLeastOnce, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(serializer);
        return client.PublishAsync(Packet(client, topic, value, serializer) with { QoS = qos }, cancellationToken);
    }

    /// <summary>
    /// Subscribes, and returns the messages with their values; otherwise like <see cref="MqttClient.SubscribeAsync(string, QualityOfService, CancellationToken)"/>. A
    /// payload that is not a value does not end the enumeration: see <see cref="MqttMessage{T}.Error"/>.
    /// </summary>
    /// <param name="client">The client.</param>
    /// <param name="filter">The topic filter.</param>
    /// <param name="serializer">Reads the payloads.</param>
    /// <param name="qos">The highest QoS at which the server may send.</param>
    /// <param name="cancellationToken">Ends the enumeration.</param>
    /// <typeparam name="T">The type of the values.</typeparam>
    /// <returns>The messages.</returns>
    /// <exception cref="MqttClientException">The server refused the subscription, or the client gave up.</exception>
    public static async IAsyncEnumerable<MqttMessage<T>> SubscribeAsync<T>(
        this MqttClient client,
        string filter,
        IMqttSerializer<T> serializer,
        QualityOfService qos = QualityOfService.AtLeastOnce,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(serializer);
        await foreach (var packet in client.SubscribeAsync(filter, qos, cancellationToken).ConfigureAwait(false))
            yield return new MqttMessage<T>(packet, serializer);
    }

    /// <summary>
    /// Subscribes, and handles values in parallel; otherwise like <see cref="MqttClient.HandleAsync"/>. A message whose payload is not a value becomes a dead
    /// letter at once. Without a topic or actor for dead letters, it is refused with <see cref="ReasonCode.PayloadFormatInvalid"/> and logged; before 5.0, which has no refusal, it is acknowledged.
    /// </summary>
    /// <param name="client">The client.</param>
    /// <param name="filter">The topic filter.</param>
    /// <param name="handle">Handles a value; the message comes with it.</param>
    /// <param name="serializer">Reads the payloads.</param>
    /// <param name="lanes">The settings; null takes those of the reference configuration.</param>
    /// <param name="qos">The highest QoS at which the server may send.</param>
    /// <param name="cancellationToken">Ends the handling.</param>
    /// <typeparam name="T">The type of the values.</typeparam>
    /// <returns>Completes when the client has stopped.</returns>
    /// <exception cref="MqttClientException">The server refused the subscription, or the client gave up.</exception>
    public static Task HandleAsync<T>(
        this MqttClient client,
        string filter,
        Func<T, Publish, CancellationToken, ValueTask> handle,
        IMqttSerializer<T> serializer,
        MqttLanesSettings? lanes = null,
        QualityOfService qos = QualityOfService.AtLeastOnce,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(handle);
        ArgumentNullException.ThrowIfNull(serializer);
        return client.HandleAsync(filter, (packet, token) => handle(new MqttMessage<T>(packet, serializer).Value, packet, token), lanes, qos, cancellationToken);
    }

    /// <summary>Publishes a request that is a value, and waits for its answer; otherwise like <see cref="MqttClientRequests.RequestAsync(MqttClient, string, MqttBinary, TimeSpan?, CancellationToken)"/>.</summary>
    /// <param name="client">The client.</param>
    /// <param name="topic">The topic of the request.</param>
    /// <param name="request">The value.</param>
    /// <param name="requests">Makes the payload.</param>
    /// <param name="answers">Reads the answer.</param>
    /// <param name="timeout">How long to wait; null is <see cref="MqttClientSettings.AnswerTimeout"/>.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <typeparam name="TRequest">The type of the request.</typeparam>
    /// <typeparam name="TAnswer">The type of the answer.</typeparam>
    /// <returns>The answer.</returns>
    /// <exception cref="MqttPayloadException">The payload of the answer is not a value.</exception>
    public static async Task<TAnswer> RequestAsync<TRequest, TAnswer>(
        this MqttClient client,
        string topic,
        TRequest request,
        IMqttSerializer<TRequest> requests,
        IMqttSerializer<TAnswer> answers,
        TimeSpan? timeout = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(requests);
        ArgumentNullException.ThrowIfNull(answers);
        var packet = Packet(client, topic, request, requests) with { QoS = QualityOfService.AtLeastOnce };
        return new MqttMessage<TAnswer>(await client.RequestAsync(packet, null, timeout, cancellationToken).ConfigureAwait(false), answers).Value;
    }

    /// <summary>
    /// Answers requests that are values until it is cancelled or the client stops; otherwise like the other overload. A requester of 5.0 whose payload is not
    /// a value receives an error.
    /// </summary>
    /// <param name="client">The client.</param>
    /// <param name="topic">The topic of the requests.</param>
    /// <param name="answer">Makes the answer.</param>
    /// <param name="requests">Reads the requests.</param>
    /// <param name="answers">Makes the payloads of answers.</param>
    /// <param name="parallelism">How many requests are handled at once. 1 or more. Default: 1.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <typeparam name="TRequest">The type of the requests.</typeparam>
    /// <typeparam name="TAnswer">The type of the answers.</typeparam>
    /// <returns>Completes when it was cancelled, or the client has stopped.</returns>
    /// <exception cref="MqttClientException">The server refused the subscription, or the client gave up.</exception>
    public static Task RespondAsync<TRequest, TAnswer>(
        this MqttClient client,
        string topic,
        Func<TRequest, CancellationToken, Task<TAnswer>> answer,
        IMqttSerializer<TRequest> requests,
        IMqttSerializer<TAnswer> answers,
        int parallelism = 1,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(answer);
        ArgumentNullException.ThrowIfNull(requests);
        ArgumentNullException.ThrowIfNull(answers);
        ArgumentNullException.ThrowIfNull(topic);
        ArgumentOutOfRangeException.ThrowIfLessThan(parallelism, 1);
        return new Responder(
            client.Facade.Settings.Version == MqttVersion.V5 ? PropertiesOf(answers) : null,
            client,
            client.Facade,
            async (request, token) => answers.Serialize(await answer(new MqttMessage<TRequest>(request, requests).Value, token).ConfigureAwait(false)))
            .RunAsync(topic, parallelism, cancellationToken);
    }

    private static Publish Packet<T>(MqttClient client, string topic, T value, IMqttSerializer<T> serializer)
    {
        var packet = new Publish(topic, serializer.Serialize(value));
        return client.Facade.Settings.Version == MqttVersion.V5 ? packet with { Properties = PropertiesOf(serializer) } : packet;
    }

    private static PublishProperties? PropertiesOf<T>(IMqttSerializer<T> serializer) => serializer.ContentType is null && !serializer.IsText
        ? null
        : new PublishProperties { ContentType = serializer.ContentType, PayloadFormatIndicator = serializer.IsText ? true : null };
}
