using Akka;
using Akka.Mqtt;
using Akka.Streams;
using Akka.Streams.Dsl;

namespace BackpressureIngest;

/// <summary>Messages of an MQTT server into something slow, at least once. What the slow thing has not taken is not acknowledged, so the server keeps it.</summary>
public static class Ingest
{
    /// <summary>Runs until it is cancelled by its kill switch.</summary>
    /// <param name="client">The client.</param>
    /// <param name="filter">Which messages.</param>
    /// <param name="insertAsync">The slow thing: a database, an HTTP API. When it throws, the batch comes again.</param>
    /// <param name="materializer">Runs the stream.</param>
    public static (UniqueKillSwitch Stop, Task<Done> Done) Run(
        MqttClient client, string filter, Func<IReadOnlyList<string>, Task> insertAsync, IMaterializer materializer) =>
        RestartSource.OnFailuresWithBackoff(
                () => MqttSource.AtLeastOnce(client, filter)
                    .GroupedWithin(500, TimeSpan.FromMilliseconds(100))
                    .SelectAsync(1, async batch =>
                    {
                        var messages = batch.ToList();
                        await insertAsync([.. messages.Select(message => message.Packet.Payload.ToText())]);
                        messages.ForEach(message => message.Commit());
                        return messages.Count;
                    }),
                RestartSettings.Create(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(10), 0.2))
            .ViaMaterialized(KillSwitches.Single<int>(), Keep.Right)
            .ToMaterialized(Sink.Ignore<int>(), Keep.Both)
            .Run(materializer);
}
