using Akka.Mqtt.Protocol;
using Akka.Streams.Dsl;

namespace Akka.Mqtt;

/// <summary>
/// Flows of Akka.Streams that publish with a <see cref="MqttClient"/>. Each output element was published, in the order of the input. The demand depends on
/// the client. A message that is refused, or whose outcome is unknown, fails the stream with <see cref="MqttClientException"/>; a supervision strategy that
/// resumes skips it.
/// </summary>
public static class MqttFlow
{
    /// <summary>How many messages may be under way at once, unless said otherwise.</summary>
    public const int DefaultParallelism = 256;

    /// <summary>Publishes messages.</summary>
    /// <param name="client">The client. It outlives the stream.</param>
    /// <param name="parallelism">Messages under way at once. 1 or more; the client allows <see cref="MqttClientSettings.MaxCommands"/> of all that use it.</param>
    /// <returns>Outcomes: <see cref="MqttClient.Sent"/> for QoS 0, <see cref="MqttClient.Acked"/> for QoS 1 and 2.</returns>
    public static Flow<Publish, MqttClient.Outcome, NotUsed> Publish(MqttClient client, int parallelism = DefaultParallelism)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentOutOfRangeException.ThrowIfLessThan(parallelism, 1);
        return Flow.Create<Publish>().SelectAsync(parallelism, packet => client.PublishAsync(packet)).SelectError(Plain);
    }

    /// <summary>Publishes messages, and passes on the context of each, for example an offset or a source message.</summary>
    /// <param name="client">The client. It outlives the stream.</param>
    /// <param name="parallelism">Messages under way at once; see <see cref="Publish"/>.</param>
    /// <typeparam name="TContext">The context of each message.</typeparam>
    /// <returns>Outcomes, each with its context.</returns>
    public static FlowWithContext<Publish, TContext, MqttClient.Outcome, TContext, NotUsed> WithContext<TContext>(
        MqttClient client, int parallelism = DefaultParallelism)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentOutOfRangeException.ThrowIfLessThan(parallelism, 1);
        return FlowWithContext.From(Flow.Create<(Publish Packet, TContext Context)>().SelectAsync(
            parallelism, async each => (await client.PublishAsync(each.Packet).ConfigureAwait(false), each.Context)).SelectError(Plain));
    }

    // If a task has already failed, the stage receives the exception in a wrapper.
    private static Exception Plain(Exception error) => error is AggregateException all && all.Flatten().InnerExceptions is [var only] ? only : error;
}
