using Akka.Actor;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Directories;
using Akka.Mqtt.Server.Sessions;
using Akka.Mqtt.Server.Shared;
using Akka.Mqtt.Server.Stores;
using Akka.Mqtt.TestKit;
using Microsoft.Extensions.Time.Testing;
using Xunit.Abstractions;

namespace Akka.Mqtt.Server.Tests;

/// <summary>A session whose client is away is parked in the store, has no actor, and does all that a session does.</summary>
public class ParkedSessionSpec(ITestOutputHelper output) : ProbeServerSpec(output)
{
    private const uint Long = 3600;

    private static MemorySessionStore Store(MqttServer server) => (MemorySessionStore)server.Context.Store;

    private static IEnumerable<IInternalActorRef> Actors(MqttServer server) =>
        ((ActorCell)((ActorRefWithCell)server.Context.Clients.Registry).Underlying).ChildrenContainer.Children;

    /// <summary>A client of that name has subscribed to "t" and is away; its session is parked.</summary>
    private async Task ParkAsync(MqttServer server, string clientId, string filter = "t", uint? expiry = Long, Will? will = null)
    {
        var parked = Store(server).Count;
        var actors = Actors(server).Count();
        var (probe, answer) = await ConnectAsync(
            server,
            new Connect
            {
                ClientId = clientId, CleanStart = false, Will = will, Properties = new ConnectProperties { SessionExpiryInterval = expiry },
            });
        Assert.Equal(ReasonCode.Success, answer.ReasonCode);
        await probe.SendPacketAsync(new Subscribe(1, new Subscription(filter, QualityOfService.AtLeastOnce)));
        await probe.ExpectPacketAsync<SubAck>(Soon);
        await probe.SendPacketAsync(new Disconnect(will is null ? ReasonCodes.NormalDisconnection : ReasonCode.DisconnectWithWillMessage));
        await probe.ExpectEndAsync(Soon);
        probe.Dispose(); // the session keeps its actor until the connection has ended on both sides
        await AwaitAssertAsync(() => Assert.Equal(parked + 1, Store(server).Count), Soon);
        await AwaitAssertAsync(() => Assert.Equal(actors, Actors(server).Count()), Soon); // by then it is known when the session is due
    }

    private async Task<MqttProbe> BackAsync(MqttServer server, string clientId, bool present = true)
    {
        var (probe, answer) = await ConnectAsync(
            server,
            new Connect { ClientId = clientId, CleanStart = false, Properties = new ConnectProperties { SessionExpiryInterval = Long } });
        Assert.Equal(present, answer.SessionPresent);
        return probe;
    }

    private static Publish Message(string topic, string text) => new(topic, text) { QoS = QualityOfService.AtLeastOnce };

    [Fact]
    public async Task It_has_no_actor_and_its_messages_wait_for_the_client()
    {
        var server = await StartAsync();
        await ParkAsync(server, "c");
        await AwaitAssertAsync(() => Assert.Empty(Actors(server)), Soon);
        Assert.Equal(1, server.Context.Stats.Sessions);
        Assert.Equal(ReasonCode.Success, await server.PublishAsync(Message("t", "1")));
        Assert.Equal(ReasonCode.Success, await server.PublishAsync(Message("t", "2")));
        Assert.Equal(2, server.Context.Clients.Get(new SessionKey("", null, "c"))!.Waiting);
        Assert.Empty(Actors(server));
        var back = await BackAsync(server, "c");
        Assert.Equal("1", (await back.ExpectPacketAsync<Publish>(Soon)).Payload.ToText());
        Assert.Equal("2", (await back.ExpectPacketAsync<Publish>(Soon)).Payload.ToText());
        Assert.Equal(0, Store(server).Count);
    }

    [Fact]
    public async Task It_is_inspected_listed_and_ended_by_an_administrator()
    {
        var server = await StartAsync();
        await ParkAsync(server, "c");
        await server.PublishAsync(Message("t", "1"));
        var state = await server.Admin.Ask<ClientState>(new MqttServer.InspectClient("c"), Soon);
        Assert.Equal((1, 1, Long), (state.QueuedMessages, state.Subscriptions.Count, state.SessionExpiryInterval));
        Assert.Null(state.Connection);
        await AwaitAssertAsync(() => Assert.Equal(1, Store(server).Count), Soon); // it is parked again
        await AwaitAssertAsync(() => Assert.Empty(Actors(server)), Soon);
        var list = await server.Admin.Ask<MqttServer.ClientList>(new MqttServer.GetClients(), Soon);
        Assert.Equal(("c", 1), (list.Clients[0].ClientId, list.Clients[0].QueuedMessages));
        await server.Admin.Ask<MqttServer.ClientDisconnecting>(new MqttServer.DisconnectClient("c") { EndSession = true }, Soon);
        await AwaitAssertAsync(() => Assert.Equal(0, server.Context.Stats.Sessions), Soon);
        Assert.Equal(ReasonCode.NoMatchingSubscribers, await server.PublishAsync(Message("t", "2")));
        await AwaitAssertAsync(() => Assert.Empty(Actors(server)), Soon);
        await BackAsync(server, "c", present: false);
    }

    [Fact]
    public async Task What_waits_for_it_is_dropped_when_memory_is_short()
    {
        var server = await StartAsync();
        await ParkAsync(server, "c");
        await server.PublishAsync(Message("t", "1"));
        server.Context.Clients.Registry.Tell(new SessionProtocol.Ask(
            new SessionKey("", null, "c"), new SessionProtocol.Relieve(ReasonCode.ServerBusy)));
        await AwaitAssertAsync(() => Assert.Equal(1, server.Context.Drops.Of(DropReason.MemoryPressure)), Soon);
        await AwaitAssertAsync(() => Assert.Equal(0, server.Context.Clients.Get(new SessionKey("", null, "c"))!.Waiting), Soon);
        await ExpectNothingAsync(await BackAsync(server, "c"));
    }

    [Fact]
    public async Task It_ends_when_its_expiry_interval_is_over_and_its_will_is_published_by_then()
    {
        var clock = new FakeTimeProvider();
        var server = await StartAsync(ServerContext.Create(Settings(""), clock));
        var watcher = await ClientAsync(server, "watcher");
        await watcher.SendPacketAsync(new Subscribe(1, new Subscription("will/#")));
        await watcher.ExpectPacketAsync<SubAck>(Soon);
        Will Delayed(string clientId, uint delay) =>
            new($"will/{clientId}", "gone") { Properties = new WillProperties { WillDelayInterval = delay } };
        await ParkAsync(server, "late", expiry: 100, will: Delayed("late", 1000));
        await ParkAsync(server, "soon", expiry: 500, will: Delayed("soon", 50));
        clock.Advance(TimeSpan.FromSeconds(49));
        await ExpectNothingAsync(watcher);
        clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal("will/soon", (await watcher.ExpectPacketAsync<Publish>(Soon)).Topic);
        await AwaitAssertAsync(() => Assert.Equal(2, Store(server).Count), Soon); // parked again, without a will
        await AwaitAssertAsync(() => Assert.Single(Actors(server)), Soon);
        clock.Advance(TimeSpan.FromSeconds(50));
        Assert.Equal("will/late", (await watcher.ExpectPacketAsync<Publish>(Soon)).Topic); // [MQTT-3.1.3-9] at the end of the session at the latest
        await AwaitAssertAsync(() => Assert.Equal(1, server.Context.Stats.ExpiredSessions), Soon);
        clock.Advance(TimeSpan.FromSeconds(400));
        await AwaitAssertAsync(() => Assert.Equal(2, server.Context.Stats.ExpiredSessions), Soon);
        await AwaitAssertAsync(() => Assert.Equal(1, server.Context.Stats.Sessions), Soon);
        await AwaitAssertAsync(() => Assert.Single(Actors(server)), Soon);
    }

    [Fact]
    public async Task More_sessions_than_one_turn_takes_expire_together()
    {
        var clock = new FakeTimeProvider();
        var server = await StartAsync(ServerContext.Create(Settings("sys-interval = off"), clock));
        const int Count = 600;
        var probe = await DialAsync(server);
        for (var at = 0; at < Count; at++)
        {
            await probe.SendPacketAsync(new Connect { ClientId = $"c{at}", CleanStart = false, Properties = new ConnectProperties { SessionExpiryInterval = 10 } });
            await probe.ExpectPacketAsync<ConnAck>(Soon);
            await probe.SendPacketAsync(new Disconnect());
            await probe.ExpectEndAsync(Soon);
            probe.Dispose();
            probe = await DialAsync(server);
        }
        await AwaitAssertAsync(() => Assert.Equal(Count, Store(server).Count), Soon);
        clock.Advance(TimeSpan.FromSeconds(11));
        await AwaitAssertAsync(() => Assert.Equal(Count, server.Context.Stats.ExpiredSessions), Soon);
        await AwaitAssertAsync(() => Assert.Empty(Actors(server)), Soon);
    }

    [Fact]
    public async Task A_message_of_a_shared_subscription_goes_to_a_member_that_is_connected()
    {
        var server = await StartAsync();
        var here = await ClientAsync(server, "here");
        await here.SendPacketAsync(new Subscribe(1, new Subscription("$share/g/t", QualityOfService.AtLeastOnce)));
        await here.ExpectPacketAsync<SubAck>(Soon);
        await ParkAsync(server, "away", "$share/g/t");
        for (var at = 0; at < 4; at++)
            await server.PublishAsync(Message("t", $"{at}"));
        for (var at = 0; at < 4; at++)
        {
            var message = await here.ExpectPacketAsync<Publish>(Soon);
            Assert.Equal($"{at}", message.Payload.ToText());
        }
        Assert.Equal(0, server.Context.Clients.Get(new SessionKey("", null, "away"))!.Waiting);
    }

    [Fact]
    public async Task A_client_of_another_user_is_refused_and_the_session_stays_parked()
    {
        var server = await StartAsync();
        await ParkAsync(server, "c");
        server.Context.Store.Take(new SessionKey("", null, "c"));
        var key = new SessionKey("", null, "c");
        var owned = new SessionCore(key, "ann", server.Context.SessionLimits, 0);
        owned.Connect(1, new Outlet(), 10, null, Long, server.Context.UtcNow);
        owned.Disconnect(false, null, server.Context.UtcNow);
        server.Context.Store.Park(owned, (SessionTarget)server.Context.Clients.Get(key)!.Target);
        var (_, answer) = await ConnectAsync(server, new Connect { ClientId = "c", CleanStart = false });
        Assert.Equal(ReasonCode.ClientIdentifierNotValid, answer.ReasonCode);
        await AwaitAssertAsync(() => Assert.Equal(1, Store(server).Count), Soon);
        await AwaitAssertAsync(() => Assert.Empty(Actors(server)), Soon);
    }

    [Fact]
    public async Task Publishers_lose_nothing_while_their_subscriber_comes_and_goes()
    {
        var server = await StartAsync("max-queued-messages = 100000");
        await ParkAsync(server, "c");
        const int Count = 1500;
        var publishing = Task.Run(async () =>
        {
            for (var at = 0; at < Count; at++)
                await server.PublishAsync(Message("t", $"{at}"));
        });
        var next = 0;
        var rounds = 0;
        while (next < Count)
        {
            var back = await BackAsync(server, "c");
            var most = 1 + (rounds++ % 50);
            while (most-- > 0 && next < Count)
            {
                var message = await back.ExpectPacketAsync<Publish>(Soon);
                var number = int.Parse(message.Payload.ToText(), null);
                if (message.Dup)
                    Assert.True(number <= next); // sent again, because its PUBACK did not arrive
                else
                    Assert.Equal(next, number);
                next = Math.Max(next, number + 1);
                await back.SendPacketAsync(new PubAck(message.PacketId));
            }
            if (rounds % 2 == 0)
                await back.SendPacketAsync(new Disconnect());
            back.Dispose();
        }
        await publishing;
    }

    [Fact]
    public async Task A_directory_that_answers_later_is_waited_for()
    {
        var context = ServerContext.Create(Settings(""));
        var server = await StartAsync(context with { Directory = new SlowDirectory(context.Directory) });
        await ParkAsync(server, "c");
        await AwaitAssertAsync(() => Assert.Empty(Actors(server)), Soon);
        await BackAsync(server, "c");
    }

    [Fact]
    public async Task A_directory_that_fails_refuses_the_client()
    {
        var context = ServerContext.Create(Settings(""));
        var server = await StartAsync(context with { Directory = new SlowDirectory(context.Directory) { Fails = true } });
        var (_, answer) = await ConnectAsync(server, new Connect { ClientId = "c" });
        Assert.Equal(ReasonCode.ServerUnavailable, answer.ReasonCode);
    }

    private sealed class SlowDirectory(ISessionDirectory<IActorRef> inner) : ISessionDirectory<IActorRef>
    {
        public bool Fails { get; init; }

        public async ValueTask<Claim<IActorRef>> ClaimAsync(SessionKey key, IActorRef holder, CancellationToken cancel = default)
        {
            await Task.Yield();
            return Fails ? throw new IOException("no quorum") : await inner.ClaimAsync(key, holder, cancel);
        }

        public async ValueTask<bool> ReleaseAsync(SessionKey key, long epoch)
        {
            await Task.Yield();
            return await inner.ReleaseAsync(key, epoch);
        }

        public IActorRef? Find(SessionKey key) => inner.Find(key);
    }
}
