using Akka.Mqtt.Protocol;
using Akka.Streams.Dsl;

namespace Akka.Mqtt;

/// <summary>Sinks of Akka.Streams for a <see cref="MqttClient"/>.</summary>
public static class MqttSink
{
    /// <summary>Publishes all elements. The task completes when the stream has ended and all of them are published; it fails as <see cref="MqttFlow"/> does.</summary>
    /// <param name="client">The client. It outlives the stream.</param>
    /// <param name="parallelism">Messages under way at once; see <see cref="MqttFlow.Publish"/>.</param>
    /// <returns>The sink.</returns>
    public static Sink<Publish, Task<Done>> Publish(MqttClient client, int parallelism = MqttFlow.DefaultParallelism) =>
        MqttFlow.Publish(client, parallelism).ToMaterialized(Sink.Ignore<MqttClient.Outcome>(), Keep.Right);

    /// <summary>Acknowledges each message that reaches it: the end of a stream that started with <see cref="MqttSource.WithContext"/>.</summary>
    /// <typeparam name="T">The type of the elements.</typeparam>
    /// <returns>The sink, for a flow with context.</returns>
    public static Sink<(T Element, MqttCommittable Context), Task<Done>> Committing<T>() =>
        Sink.ForEach<(T Element, MqttCommittable Context)>(static each => each.Context.Commit());
}
