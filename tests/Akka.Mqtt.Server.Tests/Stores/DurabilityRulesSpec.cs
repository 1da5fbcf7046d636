using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Stores;
using Xunit.Abstractions;

namespace Akka.Mqtt.Server.Tests;

/// <summary>Which sessions and messages a server with a storage writes, and how much may wait for it.</summary>
public class DurabilityRulesSpec(ITestOutputHelper output) : DurableServerFixture(output)
{
    [Theory]
    [InlineData("rules = [{ client = \"sensor-*\", class = memory }]")]
    [InlineData("rules = [{ listener = tcp, class = memory }]")]
    [InlineData("rules = [{ listener = tcp, client = \"*-1\", class = memory }]")]
    [InlineData("default = memory, rules = [{ client = other, class = durable }]")]
    public async Task A_session_of_class_memory_is_not_written_and_its_publishers_wait_for_no_commit(string durability)
    {
        var server = await MqttServerAsync($"durability {{ {durability} }}");
        Engine.Hold();
        var probe = await ClientAsync(server, present: false, "sensor-1");
        await SubscribeAsync(probe, "t");
        probe.Dispose();
        var publisher = await ClientAsync(server, "publisher");
        await AwaitAssertAsync(() => Assert.Null(server.Context.Clients.Get(Key with { ClientId = "sensor-1" })!.Connection), Soon);
        await publisher.SendPacketAsync(Message("1", QualityOfService.AtLeastOnce, 7));
        await publisher.ExpectPacketAsync<PubAck>(Soon);
        Assert.Empty(Engine.Operations);
        probe = await ClientAsync(server, present: true, "sensor-1");
        Assert.Equal("1", (await probe.ExpectPacketAsync<Publish>(Soon)).Payload.ToText());
        server = await RestartAsync(server, $"durability {{ {durability} }}");
        await ClientAsync(server, present: false, "sensor-1");
    }

    [Fact]
    public async Task PUBREC_for_a_message_that_is_sent_again_waits_for_the_commit_of_its_first_copy_also_in_a_session_of_class_memory()
    {
        var server = await MqttServerAsync("durability { rules = [{ client = publisher, class = memory }] }");
        await SubscribeAsync(await ClientAsync(server, present: false), "t");
        var publisher = await ClientAsync(server, present: false, "publisher");
        Engine.Hold();
        await publisher.SendPacketAsync(Message("1", QualityOfService.ExactlyOnce, 7));
        await PendAsync();
        publisher = await ClientAsync(server, present: true, "publisher");
        await publisher.SendPacketAsync(Message("1", QualityOfService.ExactlyOnce, 7) with { Dup = true });
        await ExpectHeldAsync(publisher);
        Engine.GoOn();
        Assert.Equal(ReasonCode.Success, (await publisher.ExpectPacketAsync<PubRec>(Soon)).ReasonCode);
    }

    [Fact]
    public async Task The_first_rule_that_matches_a_session_counts()
    {
        const string Rules = """durability { default = memory, rules = [{ client = "a-1", class = memory }, { client = "a-*", class = durable }] }""";
        var server = await MqttServerAsync(Rules);
        foreach (var client in (string[])["a-1", "a-2", "b"])
            await ClientAsync(server, present: false, client);
        server = await RestartAsync(server, Rules);
        await ClientAsync(server, present: false, "a-1");
        await ClientAsync(server, present: true, "a-2");
        await ClientAsync(server, present: false, "b");
    }

    [Fact]
    public async Task Where_the_default_is_memory_retained_messages_end_with_the_process_also_those_that_were_written_before()
    {
        var server = await StartAsync();
        await server.PublishAsync(Message("old", topic: "r") with { Retain = true });
        server = await RestartAsync(server, "durability.default = memory");
        Assert.Equal(1, server.Context.Retained.Count);
        await server.PublishAsync(Message("new", topic: "s") with { Retain = true });
        server = await RestartAsync(server);
        Assert.Equal(0, server.Context.Retained.Count);
    }

    [Fact]
    public async Task A_rule_that_asks_for_durable_where_there_is_no_storage_is_named_in_a_warning()
    {
        var settings = Settings("""durability.rules = [{ client = "a", class = memory }, { client = "b", class = durable }]""");
        await EventFilter.Warning(contains: "durability.rules[1].class = durable, but the server has no storage: nothing is written.").ExpectOneAsync(
            async () => await (await MqttServer.StartAsync(Sys, settings)).StopAsync());
        Assert.Null(Settings("""durability.rules = [{ client = "a", class = memory }]""").Durability.FindWithoutStorage());
    }

    [Fact]
    public async Task The_storage_is_told_how_many_bytes_may_wait()
    {
        await MqttServerAsync("durability.max-pending-bytes = 3 KiB");
        Assert.Equal(3072, Storage!.Options!.MaxPendingBytes);
    }

    [Fact]
    public async Task A_client_is_not_read_from_while_too_much_waits_to_be_committed_and_nothing_is_dropped()
    {
        Engine = new MemoryEngine(Limits)
        {
            MaxPendingUnits = 0,
        };
        var server = await StartAsync();
        var kept = await ClientAsync(server, present: false);
        await SubscribeAsync(kept, "t");
        await LeaveAsync(server, kept);
        var publisher = await ClientAsync(server, "publisher");
        Engine.Hold();
        for (ushort at = 1; at <= 2; at++)
        {
            await publisher.SendPacketAsync(Message($"{at}", QualityOfService.AtLeastOnce, at));
            await AwaitAssertAsync(() => Assert.Equal(at, Engine.Operations.OfType<StoreOp.Queued>().Count()), Soon);
        }
        await publisher.SendPacketAsync(Message("3", QualityOfService.AtLeastOnce, 3));
        await ExpectHeldAsync(publisher);
        Assert.Equal(2, Engine.Operations.OfType<StoreOp.Queued>().Count());
        Engine.GoOn();
        for (var at = 1; at <= 3; at++)
            Assert.Equal(at, (await publisher.ExpectPacketAsync<PubAck>(Soon)).PacketId);
        kept = await ClientAsync(server, present: true);
        for (var at = 1; at <= 3; at++)
            Assert.Equal($"{at}", (await kept.ExpectPacketAsync<Publish>(Soon)).Payload.ToText());
    }
}
