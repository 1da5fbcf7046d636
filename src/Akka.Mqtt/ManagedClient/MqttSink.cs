using Akka.Mqtt.Protocol;
using Akka.Streams.Dsl;

namespace Akka.Mqtt;

/// <summary>Ends of streams that a <see cref="MqttClient"/> is behind.</summary>
public static class MqttSink
{
    /// <summary>Publishes what comes. The task completes when the stream has ended and all of it is published; it fails as <see cref="MqttFlow"/> does.</summary>
    /// <param name="client">The client. It outlives the stream.</param>
    /// <param name="parallelism">Messages under way at once; see <see cref="MqttFlow.Publish"/>.</param>
    /// <returns>The sink.</returns>
    public static Sink<Publish, Task<Done>> Publish(MqttClient client, int parallelism = MqttFlow.DefaultParallelism) =>
        MqttFlow.Publish(client, parallelism).ToMaterialized(Sink.Ignore<MqttClient.Outcome>(), Keep.Right);

    /// <summary>Acknowledges each message whose handling has come so far: the end of a stream that began with <see cref="MqttSource.WithContext"/>.</summary>
    /// <typeparam name="T">What has become of the message.</typeparam>
    /// <returns>The sink, for a flow with context.</returns>
    public static Sink<(T Element, MqttCommittable Context), Task<Done>> Committing<T>() =>
        Sink.ForEach<(T Element, MqttCommittable Context)>(static each => each.Context.Commit());
}
