using Akka.Actor;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Connections;
using Akka.Mqtt.Server.Limits;
using Akka.Mqtt.Server.Sessions;
using Akka.TestKit;
using Xunit.Abstractions;

namespace Akka.Mqtt.Server.Tests.Connections;

/// <summary>Connection, client and session do not watch each other: each tells its end, whatever it is that ends it.</summary>
public class ToldEndsSpec(ITestOutputHelper output) : ProbeServerSpec(output)
{
    private const string Patient = "drain-timeout = 1 h, connection.close-timeout = 1 h";

    public enum Way
    {
        Stopped,
        Poisoned,
        Failed,
    }

    [Theory]
    [InlineData(Way.Stopped)]
    [InlineData(Way.Poisoned)]
    [InlineData(Way.Failed)]
    public async Task A_client_actor_that_ends_ends_its_connection_and_frees_its_session(Way way)
    {
        var server = await StartAsync(Patient);
        var (client, _) = await ConnectAsync(server, new Connect { ClientId = "client", Will = new Will("will", "dead") });
        var actor = await OnlyChildAsync(server, "clients");
        var watcher = await ClientAsync(server, "watcher");
        await watcher.SendPacketAsync(new Subscribe(1, "will"));
        await watcher.ExpectPacketAsync<SubAck>(Soon);
        End(actor, way);
        Assert.Equal("dead", (await watcher.ExpectPacketAsync<Publish>(Soon)).Payload.ToText());
        await client.ExpectEndAsync(Soon);
        await AwaitAssertAsync(
            () => Assert.Equal((1, 1, 1), (server.Context.Stats.Connections, server.Context.Stats.Connected, server.Context.Stats.Sessions)), Soon);
        (await ClientAsync(server, "client")).Close();
        watcher.Close();
        await server.StopAsync().WaitAsync(Soon); // it waits for all whom it counts
    }

    [Theory]
    [InlineData(Way.Stopped)]
    [InlineData(Way.Poisoned)]
    [InlineData(Way.Failed)]
    public async Task A_session_actor_that_ends_ends_its_client_and_the_next_gets_a_new_one(Way way)
    {
        var server = await StartAsync(Patient);
        var client = await ClientAsync(server, "client", expiry: 100);
        End(await OnlyChildAsync(server, "sessions"), way);
        Assert.Equal(ReasonCode.UnspecifiedError, (await client.ExpectPacketAsync<Disconnect>(Soon)).ReasonCode);
        await client.ExpectEndAsync(Soon);
        client.Close();
        await AwaitAssertAsync(() => Assert.Equal((0, 0), (server.Context.Stats.Connections, server.Context.Stats.Sessions)), Soon);
        (await ClientAsync(server, "client", expiry: 100)).Close();
        await server.StopAsync().WaitAsync(Soon);
    }

    [Fact]
    public async Task A_client_actor_that_ends_before_it_heard_of_its_session_tells_the_registry()
    {
        var (connection, registry) = (CreateTestProbe(), CreateTestProbe());
        var connected = new Mqtt.Connected(connection, MqttRole.Server, new TransportInfo(MqttTransport.Stream));
        var context = Context();
        var permit = context.Gate.Admit(connected.Transport, 0)!;
        var client = Sys.ActorOf(ClientActor.PropsFor(context, registry, "tcp", connected, new Admission(permit, "")));
        client.Tell(new Mqtt.Received([new Connect { ClientId = "client" }]));
        Assert.Equal(client, (await registry.ExpectMsgAsync<SessionProtocol.Open>(Soon)).Client);
        Sys.Stop(client);
        Assert.Equal(new SessionProtocol.Abandoned("client", client), await registry.ExpectMsgAsync<SessionProtocol.Abandoned>(Soon));
    }

    [Fact]
    public async Task A_session_given_to_a_client_that_has_ended_ends_with_it()
    {
        var (registry, client) = (CreateTestProbe(), CreateTestProbe());
        var session = registry.ChildActorOf(SessionActor.PropsFor(Context(), "client"));
        session.Tell(new SessionProtocol.Attach(1, Open(client)));
        await client.ExpectMsgAsync<SessionProtocol.Attached>(Soon);
        session.Tell(new SessionProtocol.Abandoned("client", client));
        Assert.Equal(1, (await registry.ExpectMsgAsync<SessionProtocol.Retire>(Soon)).Epoch);
    }

    [Fact]
    public async Task A_client_that_ended_while_it_waited_gets_its_turn_and_lets_go()
    {
        var (registry, first, second) = (CreateTestProbe(), CreateTestProbe(), CreateTestProbe());
        var session = registry.ChildActorOf(SessionActor.PropsFor(Context(), "client"));
        session.Tell(new SessionProtocol.Attach(1, Open(first)));
        await first.ExpectMsgAsync<SessionProtocol.Attached>(Soon);
        session.Tell(new SessionProtocol.Attach(2, Open(second)));
        await first.ExpectMsgAsync<SessionProtocol.Detach>(Soon);
        session.Tell(new SessionProtocol.Abandoned("client", second));
        session.Tell(new SessionProtocol.Released(1, KeepWill: true, null));
        Assert.Equal(2, (await registry.ExpectMsgAsync<SessionProtocol.Retire>(Soon)).Epoch);
    }

    [Fact]
    public async Task A_session_that_fails_tells_who_is_attached_and_who_waits()
    {
        var (first, second) = (CreateTestProbe(), CreateTestProbe());
        var registry = Sys.ActorOf(SessionRegistryActor.PropsFor(Context()));
        registry.Tell(Open(first));
        var lost = (await first.ExpectMsgAsync<SessionProtocol.Attached>(Soon)).Session;
        registry.Tell(Open(second));
        await first.ExpectMsgAsync<SessionProtocol.Detach>(Soon);
        lost.Tell(Kill.Instance);
        await first.ExpectMsgAsync<SessionProtocol.Lost>(Soon);
        await second.ExpectMsgAsync<SessionProtocol.Lost>(Soon);
        await WatchAsync(lost);
        await ExpectTerminatedAsync(lost, Soon);
        registry.Tell(Open(second));
        Assert.NotEqual(lost, (await second.ExpectMsgAsync<SessionProtocol.Attached>(Soon)).Session);
    }

    [Fact]
    public async Task The_registry_passes_on_that_a_client_ended()
    {
        var client = CreateTestProbe();
        var registry = Sys.ActorOf(SessionRegistryActor.PropsFor(Context()));
        registry.Tell(Open(client));
        var session = (await client.ExpectMsgAsync<SessionProtocol.Attached>(Soon)).Session;
        await WatchAsync(session);
        registry.Tell(new SessionProtocol.Abandoned("client", client));
        await ExpectTerminatedAsync(session, Soon); // it retires
    }

    private static void End(IActorRef actor, Way way)
    {
        switch (way)
        {
            case Way.Stopped:
                ((IInternalActorRef)actor).Stop();
                break;
            case Way.Poisoned:
                actor.Tell(PoisonPill.Instance);
                break;
            default:
                actor.Tell(Kill.Instance);
                break;
        }
    }

    private ServerContext Context()
    {
        Sys.Mqtt(); // brings the dispatcher
        return ServerContext.Create(Settings(""));
    }

    private static SessionProtocol.Open Open(TestProbe client)
    {
        var connect = new Connect { ClientId = "client" };
        var transport = new TransportInfo(MqttTransport.Stream);
        return new SessionProtocol.Open("client", client, ActorRefs.Nobody, connect, new ConnAck(ReasonCode.Success))
        {
            Info = new ClientConnection(transport, connect.Version, null, 0, DateTimeOffset.UnixEpoch),
        };
    }

    private async Task<IActorRef> OnlyChildAsync(MqttServer server, string parent)
    {
        var probe = CreateTestProbe();
        Sys.ActorSelection($"{server.Context.Admin.Path.Parent}/{parent}/*").Tell(new Identify(null), probe);
        return (await probe.ExpectMsgAsync<ActorIdentity>(Soon)).Subject;
    }
}
