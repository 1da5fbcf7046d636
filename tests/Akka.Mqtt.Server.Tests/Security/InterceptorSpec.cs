using Akka.Mqtt.Protocol;
using Xunit.Abstractions;

namespace Akka.Mqtt.Server.Tests.Security;

public class InterceptorSpec(ITestOutputHelper output) : ServerSpec(output)
{
    protected override MqttServerHooks Hooks { get; } = new()
    {
        ConnectInterceptor = new Interceptors(),
        SubscribeInterceptor = new Interceptors(),
        PublishInterceptor = new Interceptors(),
        DeliveryInterceptor = new Interceptors(),
    };

    [Fact]
    public async Task A_connect_interceptor_changes_or_refuses_a_client()
    {
        var (_, renamed) = await ConnectAsync(new Connect { ClientId = "rename" });
        Assert.Equal(ReasonCode.Success, renamed.ReasonCode);
        foreach (var (id, code) in new[]
        {
            ("banned", ReasonCode.Banned), ("odd", ReasonCode.UnspecifiedError), ("throw", ReasonCode.ServerUnavailable),
        })
        {
            var (client, answer) = await ConnectAsync(new Connect { ClientId = id });
            Assert.Equal(code, answer.ReasonCode);
            await client.ExpectClosedAsync();
        }
        // The renamed client is there under its new name: another takes it over.
        var taken = await ClientAsync("rename");
        await ClientAsync("renamed");
        await taken.ExpectAsync(new Disconnect(ReasonCode.SessionTakenOver));
    }

    [Fact]
    public async Task A_subscribe_interceptor_changes_options_or_refuses_a_filter()
    {
        var client = await ClientAsync("s");
        var most = new Subscription("low", QualityOfService.ExactlyOnce);
        await client.SendAsync(new Subscribe(1, most, "quota", "throw"));
        await client.ExpectAsync(new SubAck(1, 0, ReasonCode.QuotaExceeded, ReasonCode.UnspecifiedError));
    }

    [Fact]
    public async Task Publish_and_delivery_interceptors_change_or_refuse_messages()
    {
        var subscriber = await ClientAsync("sub");
        await SubscribeAsync(subscriber, "#");
        var publisher = await ClientAsync("pub");
        var at = (ushort)0;
        foreach (var topic in new[] { "move", "refuse", "throw", "drop", "last" })
            await publisher.SendAsync(new Publish(topic, "x") { QoS = QualityOfService.AtLeastOnce, PacketId = ++at });
        await publisher.ExpectAsync(new PubAck(1));
        await publisher.ExpectAsync(new PubAck(2, ReasonCode.PayloadFormatInvalid));
        await publisher.ExpectAsync(new PubAck(3, ReasonCode.UnspecifiedError));
        await publisher.ExpectAsync(new PubAck(4));
        await publisher.ExpectAsync(new PubAck(5));
        await subscriber.ExpectAsync(new Publish("moved", "for sub"));
        await subscriber.ExpectAsync(new Publish("last", "for sub"));
        await subscriber.ExpectNothingAsync();
    }

    private sealed class Interceptors : IConnectInterceptor, ISubscribeInterceptor, IPublishInterceptor, IDeliveryInterceptor
    {
        public async ValueTask<Interception<Connect>> InterceptAsync(Connect packet, string listener, TransportInfo transport, CancellationToken cancellationToken)
        {
            Assert.Equal("tcp", listener);
            await Task.Yield();
            return packet.ClientId switch
            {
                "rename" => Interception<Connect>.Pass(packet with { ClientId = "renamed" }),
                "banned" => Interception<Connect>.Refuse(ReasonCode.Banned),
                "odd" => Interception<Connect>.Refuse(ReasonCode.TopicFilterInvalid),
                "throw" => throw new InvalidOperationException("test"),
                _ => Interception<Connect>.Pass(packet),
            };
        }

        public Interception<Subscription> Intercept(ClientIdentity client, Subscription subscription) => subscription.Filter switch
        {
            "low" => Interception<Subscription>.Pass(subscription with { QoS = QualityOfService.AtMostOnce }),
            "quota" => Interception<Subscription>.Refuse(ReasonCode.QuotaExceeded),
            "throw" => throw new InvalidOperationException("test"),
            _ => Interception<Subscription>.Pass(subscription),
        };

        Interception<Publish> IPublishInterceptor.Intercept(ClientIdentity client, Publish message) => message.Topic switch
        {
            "move" => Interception<Publish>.Pass(message with { Topic = "moved" }),
            "refuse" => Interception<Publish>.Refuse(ReasonCode.PayloadFormatInvalid),
            "throw" => throw new InvalidOperationException("test"),
            _ => Interception<Publish>.Pass(message),
        };

        Interception<Publish> IDeliveryInterceptor.Intercept(ClientIdentity client, Publish message) => message.Topic == "drop"
            ? Interception<Publish>.Refuse()
            : Interception<Publish>.Pass(message with { Payload = $"for {client.ClientId}" });
    }
}
