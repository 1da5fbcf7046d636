using Akka.Actor;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Storage.Tests;

/// <summary>Code of docs/client.md.</summary>
internal static class ClientDocCode
{
    public static async Task QueueAsync(ActorSystem system)
    {
        #region doc:client-queue
        var settings = MqttClientSettings.Create(system) with
        {
            ClientId = "thermometer-7",
            CleanStart = false, // the next process goes on with the session
            SessionExpiry = TimeSpan.FromDays(7),
            Queue = new SqliteClientQueue("/var/lib/thermometer/queue.db"),
        };
        await using var client = await MqttClient.StartAsync(settings, system); // does not wait for the server
        await client.StoreAsync(new Publish("room/temperature", "21.5") { QoS = QualityOfService.ExactlyOnce });
        #endregion
    }
}
