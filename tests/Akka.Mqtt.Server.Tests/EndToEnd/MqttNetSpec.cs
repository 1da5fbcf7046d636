using System.Text;
using System.Threading.Channels;
using MQTTnet;
using MQTTnet.Formatter;
using MQTTnet.Protocol;
using Xunit.Abstractions;

namespace Akka.Mqtt.Server.Tests;

/// <summary>An independent client: MQTTnet.</summary>
public class MqttNetSpec(ITestOutputHelper output) : ServerSpec(output)
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);

    [Theory]
    [InlineData(MqttProtocolVersion.V310, MqttQualityOfServiceLevel.AtMostOnce)]
    [InlineData(MqttProtocolVersion.V310, MqttQualityOfServiceLevel.ExactlyOnce)]
    [InlineData(MqttProtocolVersion.V311, MqttQualityOfServiceLevel.AtLeastOnce)]
    [InlineData(MqttProtocolVersion.V311, MqttQualityOfServiceLevel.ExactlyOnce)]
    [InlineData(MqttProtocolVersion.V500, MqttQualityOfServiceLevel.AtMostOnce)]
    [InlineData(MqttProtocolVersion.V500, MqttQualityOfServiceLevel.AtLeastOnce)]
    [InlineData(MqttProtocolVersion.V500, MqttQualityOfServiceLevel.ExactlyOnce)]
    public async Task It_publishes_and_receives(MqttProtocolVersion version, MqttQualityOfServiceLevel qos)
    {
        using var client = new MqttClientFactory().CreateMqttClient();
        var received = Channel.CreateUnbounded<string>();
        client.ApplicationMessageReceivedAsync += message =>
        {
            received.Writer.TryWrite($"{message.ApplicationMessage.Topic} {Encoding.UTF8.GetString(message.ApplicationMessage.Payload)}");
            return Task.CompletedTask;
        };
        using var deadline = new CancellationTokenSource(Soon);
        await client.ConnectAsync(new MqttClientOptionsBuilder().WithTcpServer("127.0.0.1", Address.Port).WithClientId("net").WithProtocolVersion(version).Build(), deadline.Token);
        await client.SubscribeAsync("a/#", qos, deadline.Token);
        for (var at = 0; at < 20; at++)
            await client.PublishStringAsync($"a/{at}", $"{at}", qos, cancellationToken: deadline.Token);
        for (var at = 0; at < 20; at++)
            Assert.Equal($"a/{at} {at}", await received.Reader.ReadAsync(deadline.Token));
        await client.DisconnectAsync(cancellationToken: deadline.Token);
    }
}
