using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Conformance;

/// <summary>Shared subscriptions of 3.1.1 clients, whose standard leaves <c>$share/</c> to the server (section 4.7.2): as they are by default.</summary>
public sealed class SharedBefore5Spec(ServerFixture fixture) : ConformanceSpec(fixture), IClassFixture<ServerFixture>
{
    [Fact]
    public async Task Clients_of_3_1_1_and_5_0_share_one_subscription()
    {
        var old = await ConnectAsync(Keep(My("old"), V311));
        var young = await ConnectAsync(Keep(My("young")));
        await SubscribeAsync(old, $"$share/g/{My("t")}");
        await SubscribeAsync(young, $"$share/g/{My("t")}");
        await PublishAsync(await ConnectAsync("p"), [.. Enumerable.Range(1, 4).Select(_ => Message(My("t")))]);
        foreach (var member in new[] { old, young })
        {
            await member.ExpectPacketAsync<Publish>();
            await member.ExpectPacketAsync<Publish>();
            await QuietAsync(member);
        }
    }
}

/// <summary>The same text with <c>shared-subscriptions-before-5 = off</c>.</summary>
public sealed class NotSharedBefore5Spec(NotSharedBefore5Spec.Off fixture) : ConformanceSpec(fixture), IClassFixture<NotSharedBefore5Spec.Off>
{
    [Fact]
    [Proves("3.1.1", "MQTT-4.7.1-2")]
    public async Task In_3_1_1_a_filter_that_begins_with_share_is_one_like_others()
    {
        var probe = await ConnectAsync(Keep(My("s"), V311));
        await SubscribeAsync(probe, $"$share/g/{My("t")}", "$share/x");
        await PublishAsync(await ConnectAsync("p"), Message(My("t")));
        await QuietAsync(probe);
        probe.Abort();
        // the same text of a 5.0 connection of the same client is a shared subscription, and takes its place
        probe = await ConnectAsync(Keep(My("s")));
        await SubscribeAsync(probe, $"$share/g/{My("t")}");
        await PublishAsync(await ConnectAsync("p"), Message(My("t")));
        await probe.ExpectPacketAsync(Message(My("t")));
        await probe.SendPacketAsync(new Unsubscribe(3, $"$share/g/{My("t")}"));
        await probe.ExpectPacketAsync(new UnsubAck(3, ReasonCode.Success));
    }

    public sealed class Off() : ServerFixture("shared-subscriptions-before-5 = off");
}
