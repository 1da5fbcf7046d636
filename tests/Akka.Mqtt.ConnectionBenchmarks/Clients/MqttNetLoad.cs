using MQTTnet;
using MQTTnet.Formatter;
using MQTTnet.Protocol;

namespace Akka.Mqtt.ConnectionBenchmarks.Clients;

/// <summary>MQTTnet's client under load. Each QoS gets the number of tasks with which it is fastest: one for QoS 0, as more only wait for its lock.</summary>
internal sealed class MqttNetLoad(IMqttClient client) : IAsyncDisposable
{
    public static async Task<IAsyncDisposable> StartAsync(ClientCase what, Counter counter)
    {
        var client = new MqttClientFactory().CreateMqttClient();
        client.ApplicationMessageReceivedAsync += _ =>
        {
            counter.Messages++;
            return Task.CompletedTask;
        };
        await client.ConnectAsync(new MqttClientOptionsBuilder().WithTcpServer("127.0.0.1", what.Port).WithProtocolVersion(MqttProtocolVersion.V500).Build());
        var qos = (MqttQualityOfServiceLevel)what.QoS;
        if (what.Direction == "receive")
        {
            await client.SubscribeAsync(what.Topic, qos);
            return new MqttNetLoad(client);
        }
        var message = new MqttApplicationMessageBuilder().WithTopic(what.Topic).WithPayload(new byte[what.Size]).WithQualityOfServiceLevel(qos).Build();
        for (var task = 0; task < (what.QoS == 0 ? 1 : OwnLoad.Parallel); task++)
        {
            _ = Task.Run(async () =>
            {
                while (true)
                {
                    await client.PublishAsync(message);
                    Interlocked.Increment(ref counter.Messages);
                }
            });
        }
        return new MqttNetLoad(client);
    }

    public ValueTask DisposeAsync()
    {
        client.Dispose();
        return ValueTask.CompletedTask;
    }
}
