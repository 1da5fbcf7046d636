using Akka.Actor;
using Akka.Mqtt.Protocol;
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

    private async Task<IActorRef> OnlyChildAsync(MqttServer server, string parent)
    {
        var probe = CreateTestProbe();
        Sys.ActorSelection($"{server.Context.Admin.Path.Parent}/{parent}/*").Tell(new Identify(null), probe);
        return (await probe.ExpectMsgAsync<ActorIdentity>(Soon)).Subject;
    }
}
