using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Configuration;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Limits;
using Akka.Mqtt.Server.Shared;
using Akka.TestKit;
using Xunit.Abstractions;

namespace Akka.Mqtt.Server.Tests.Limits;

/// <summary>Clients that make the server keep as much as they can: it stays within each share, and others are served.</summary>
public sealed class MemoryAttackSpec(ITestOutputHelper output) : ProbeServerSpec(output)
{
    [Fact]
    public async Task CONNECTs_that_come_in_part_stay_within_their_share_and_a_whole_one_gets_in()
    {
        const int attackers = 150;
        var server = await StartAsync("memory { limit = 40 MiB, refuse-connects-at = off, drop-qos0-at = off, disconnect-at = off }");
        var memory = server.Context.Memory;
        var bound = memory.Bound(MemoryKind.PreAuthentication);
        var part = new byte[15_000];
        MqttEncoder.Encode(new Connect { ClientId = "c", Password = new byte[16_000] }, MqttVersion.V5).AsSpan(0, part.Length).CopyTo(part);
        var sockets = new List<Socket>();
        for (var at = 0; at < attackers; at++)
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            sockets.Add(socket);
            await socket.ConnectAsync((IPEndPoint)server.Endpoints[0].Address);
            await socket.SendAsync(part);
            Assert.InRange(memory.Used(MemoryKind.PreAuthentication), 0, bound);
        }
        await AwaitAssertAsync(() => Assert.True(server.Context.Gate.Displaced > 0), Soon);
        // What is counted covers what was sent and is kept: a connection and its part of a CONNECT.
        Assert.True(server.Context.Gate.Pending * (long)(part.Length + MemoryCost.PendingConnection) <= memory.Used(MemoryKind.PreAuthentication));
        await ClientAsync(server, "good");
        sockets.ForEach(each => each.Dispose());
        await AwaitAssertAsync(() => Assert.Equal(0, memory.Used(MemoryKind.PreAuthentication)), Soon);
    }

    [Fact]
    public void A_CONNECT_that_could_use_up_the_share_by_itself_is_refused_at_the_start()
    {
        var settings = Settings("memory.limit = 40 MiB, connection.max-connect-packet-size = 2 MiB");
        var failure = Assert.Throws<ConfigurationException>(() => ServerContext.Create(settings));
        Assert.Contains("max-connect-packet-size = 2097152", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sessions_stay_within_their_share_and_who_has_one_comes_back_to_it()
    {
        var server = await StartAsync("memory { limit = 10 MiB, shares.sessions = 0.01, refuse-connects-at = off, drop-qos0-at = off, disconnect-at = off }");
        var memory = server.Context.Memory;
        var refused = 0;
        for (var at = 0; at < 60; at++)
        {
            var (probe, answer) = await ConnectAsync(server, Kept($"c{at}"));
            refused += answer.ReasonCode == ReasonCode.QuotaExceeded ? 1 : 0;
            if (answer.ReasonCode == ReasonCode.Success)
                await probe.SendPacketAsync(new Disconnect());
            await probe.ExpectEndAsync(Soon);
        }
        Assert.InRange(memory.Used(MemoryKind.Sessions), 1, memory.Bound(MemoryKind.Sessions));
        Assert.InRange(refused, 30, 50); // 4 KiB of 102 KiB each
        Assert.True(memory.Refusals(MemoryKind.Sessions) >= refused);

        var (back, present) = await ConnectAsync(server, Kept("c0"));
        Assert.True(present.SessionPresent);
        await back.SendPacketAsync(new Disconnect { Properties = new DisconnectProperties { SessionExpiryInterval = 0 } }); // and ends it
        await back.ExpectEndAsync(Soon);
        await AwaitAssertAsync(async () => Assert.Equal(ReasonCode.Success, (await ConnectAsync(server, Kept("late"))).Answer.ReasonCode), Soon);

        static Connect Kept(string id) => new() { ClientId = id, CleanStart = false, Properties = new ConnectProperties { SessionExpiryInterval = 1000 } };
    }

    [Fact]
    public async Task Unwritten_bytes_stay_within_their_share_and_all_arrives_in_the_end()
    {
        const int readers = 10, messages = 300, size = 8000;
        var server = await StartAsync("""
            memory { limit = 80 MiB, shares { unwritten = 0.001, queued = 0.5, retained = 0.001, in-flight = 0.001 }
              refuse-connects-at = off, drop-qos0-at = off, disconnect-at = off }
            """);
        var memory = server.Context.Memory;
        var name = new InMemoryEndPoint($"attack-{Guid.NewGuid():N}");
        var binder = CreateTestProbe();
        Sys.Mqtt().Tell(new Mqtt.Bind(server.Acceptor, name), binder);
        await binder.ExpectMsgAsync<Mqtt.Bound>(Soon);
        var clients = new List<(TestProbe Handler, IActorRef Connection)>();
        for (var at = 0; at < readers; at++)
            clients.Add(await SubscribeWithoutReadingAsync(name, $"slow{at}"));

        var publisher = await ClientAsync(server, "publisher");
        for (var at = 0; at < messages; at++)
            await publisher.SendPacketAsync(new Publish("t", new byte[size]));
        await ExpectNothingAsync(publisher);
        await AwaitAssertAsync(() => Assert.True(memory.Used(MemoryKind.Queued) > 1 << 20), Soon); // they wait for clients that do not read
        // A message or two of each client beyond the share, which is asked once a batch; without it each has max-outstanding-bytes, 1 MiB.
        Assert.InRange(memory.Used(MemoryKind.Unwritten), 1, memory.Bound(MemoryKind.Unwritten) + (readers * 2 * (size + 1000)));

        foreach (var (handler, connection) in clients)
        {
            connection.Tell(new Mqtt.Request(messages), handler);
            for (var at = 0; at < messages; at++)
                await handler.ExpectMsgAsync<Publish>(Soon);
        }
        await AwaitAssertAsync(() => Assert.Equal(0, memory.Used(MemoryKind.Unwritten)), Soon);
    }

    /// <summary>A client that takes CONNACK and SUBACK, and then nothing until it asks.</summary>
    private async Task<(TestProbe Handler, IActorRef Connection)> SubscribeWithoutReadingAsync(EndPoint server, string id)
    {
        var handler = CreateTestProbe();
        Sys.Mqtt().Tell(new Mqtt.Connect(server), handler);
        var connection = (await handler.ExpectMsgAsync<Mqtt.Connected>(Soon)).Connection;
        connection.Tell(new Mqtt.Register(handler) { Delivery = MqttDelivery.Pull }, handler);
        connection.Tell(new Mqtt.Request(2), handler);
        connection.Tell(new Connect { ClientId = id }, handler);
        Assert.Equal(ReasonCode.Success, (await handler.ExpectMsgAsync<ConnAck>(Soon)).ReasonCode);
        connection.Tell(new Subscribe(1, "t"), handler);
        await handler.ExpectMsgAsync<SubAck>(Soon);
        return (handler, connection);
    }
}
