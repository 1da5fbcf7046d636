using System.Net;
using Akka.Mqtt.Server;
using MQTTnet;
using MQTTnet.Protocol;

namespace EmbeddedServer;

/// <summary>A thermometer with a retained state, and two workers that share its readings.</summary>
internal static class Smoke
{
    public static async Task<bool> RunAsync(MqttServer server)
    {
        var port = ((IPEndPoint)server.Endpoints[0].Address).Port;
        var factory = new MqttClientFactory();
        var options = new MqttClientOptionsBuilder().WithTcpServer("127.0.0.1", port).WithProtocolVersion(MQTTnet.Formatter.MqttProtocolVersion.V500);
        using var thermometer = factory.CreateMqttClient();
        await thermometer.ConnectAsync(options.WithClientId("thermometer").Build());
        await thermometer.PublishStringAsync("home/kitchen/state", "on", MqttQualityOfServiceLevel.AtLeastOnce, retain: true);

        var states = new List<string>();
        var readings = new List<string>();
        var all = new TaskCompletionSource();
        var workers = new List<IMqttClient>();
        for (var number = 1; number <= 2; number++)
        {
            var name = $"worker-{number}";
            var worker = factory.CreateMqttClient();
            workers.Add(worker);
            worker.ApplicationMessageReceivedAsync += arrived =>
            {
                lock (readings)
                {
                    var text = arrived.ApplicationMessage.ConvertPayloadToString();
                    (arrived.ApplicationMessage.Retain ? states : readings).Add(text);
                    Console.WriteLine($"{name} got {arrived.ApplicationMessage.Topic}: {text}");
                    if (states.Count == 2 && readings.Count == 10)
                        all.TrySetResult();
                }
                return Task.CompletedTask;
            };
            await worker.ConnectAsync(options.WithClientId(name).Build());
            await worker.SubscribeAsync("home/+/state");
            await worker.SubscribeAsync("$share/workers/home/+/temperature", MqttQualityOfServiceLevel.AtLeastOnce);
        }
        for (var at = 0; at < 10; at++)
            await thermometer.PublishStringAsync($"home/room-{at}/temperature", $"{20 + at}", MqttQualityOfServiceLevel.AtLeastOnce);
        await Task.WhenAny(all.Task, Task.Delay(TimeSpan.FromSeconds(20)));
        foreach (var worker in workers)
            worker.Dispose();
        return states.Count == 2 && readings.Order().SequenceEqual(Enumerable.Range(20, 10).Select(each => $"{each}"));
    }
}
