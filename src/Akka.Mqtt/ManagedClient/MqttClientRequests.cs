using Akka.Mqtt.ManagedClient;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt;

/// <summary>Requests, and their answers.</summary>
public static class MqttClientRequests
{
    /// <summary>Publishes a request, and waits for its answer.</summary>
    /// <param name="client">The client.</param>
    /// <param name="topic">The topic of the request.</param>
    /// <param name="payload">The payload.</param>
    /// <param name="timeout">How long to wait; null is <see cref="MqttClientSettings.AnswerTimeout"/>.</param>
    /// <param name="cancellationToken">Ends the waiting. A later answer has no effect.</param>
    /// <returns>The answer.</returns>
    /// <exception cref="TimeoutException">No answer arrived in time.</exception>
    /// <exception cref="MqttRequestException">The responder reported a failure, or no client has subscribed to the topic.</exception>
    /// <exception cref="MqttClientException">The request could not be sent.</exception>
    public static Task<Publish> RequestAsync(
        this MqttClient client, string topic, MqttBinary payload, TimeSpan? timeout = null, CancellationToken cancellationToken = default) =>
        client.RequestAsync(new Publish(topic, payload) { QoS = QualityOfService.AtLeastOnce }, null, timeout, cancellationToken);

    /// <summary>Publishes a request, and waits for its answer.</summary>
    /// <param name="client">The client.</param>
    /// <param name="request">The request. With <see cref="MqttRequestStyle.Properties"/> its Response Topic and Correlation Data are set.</param>
    /// <param name="style">How it transmits the topic of the answer; null means by properties with MQTT 5.0, and by topic with 3.x.</param>
    /// <param name="timeout">How long to wait; null is <see cref="MqttClientSettings.AnswerTimeout"/>.</param>
    /// <param name="cancellationToken">Ends the waiting. A later answer has no effect.</param>
    /// <returns>The answer.</returns>
    /// <exception cref="ArgumentException">A 3.x client cannot ask by properties.</exception>
    /// <exception cref="TimeoutException">No answer arrived in time.</exception>
    /// <exception cref="MqttRequestException">The responder reported a failure, or no client has subscribed to the topic.</exception>
    /// <exception cref="MqttClientException">The request could not be sent.</exception>
    public static Task<Publish> RequestAsync(
        this MqttClient client, Publish request, MqttRequestStyle? style = null, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(client);
        var settings = client.Facade.Settings;
        var isV5 = settings.Version == MqttVersion.V5;
        if (style == MqttRequestStyle.Properties && !isV5)
            throw new ArgumentException("MQTT 3.x has no Response Topic: ask by topic.", nameof(style));
        return client.Facade.Calls.RequestAsync(
            request, style ?? (isV5 ? MqttRequestStyle.Properties : MqttRequestStyle.Topics), timeout ?? settings.AnswerTimeout, cancellationToken);
    }

    /// <summary>
    /// Answers requests until it is cancelled or the client stops, both those with a Response Topic and those by topic. A message that needs no answer is
    /// handled too. When <paramref name="answer"/> throws, a requester of 5.0 receives an error, with the message of an <see cref="MqttRequestException"/>;
    /// other requesters time out.
    /// </summary>
    /// <param name="client">The client.</param>
    /// <param name="topic">The topic of the requests; a filter with wildcards answers by properties only.</param>
    /// <param name="answer">Returns the answer. Several run at once, up to <paramref name="parallelism"/>.</param>
    /// <param name="parallelism">How many requests are handled at once. 1 or more. Default: 1.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>Completes when it was cancelled, or the client has stopped.</returns>
    /// <exception cref="MqttClientException">The server refused the subscription, or the client gave up.</exception>
    public static Task RespondAsync(
        this MqttClient client,
        string topic,
        Func<Publish, CancellationToken, Task<MqttBinary>> answer,
        int parallelism = 1,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(topic);
        ArgumentNullException.ThrowIfNull(answer);
        ArgumentOutOfRangeException.ThrowIfLessThan(parallelism, 1);
        return new Responder(null, client, client.Facade, answer).RunAsync(topic, parallelism, cancellationToken);
    }
}
