using System.Net;
using Akka.Actor;
using Akka.Mqtt.Protocol;
using Akka.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace Akka.Mqtt.Tests.Connection;

/// <summary>The suite over transports that <see cref="Mqtt.Bind"/> and <see cref="Mqtt.Connect"/> know.</summary>
public abstract class BoundConnectionSpec(ITestOutputHelper output, string config = "") : ConnectionBehaviourSpec(output, config)
{
    private Mqtt.Bound? _bound;

    protected abstract Mqtt.Bind Bind(IActorRef handler);

    protected abstract Mqtt.Connect Dial(EndPoint address);

    protected override async Task OpenAsync(TestProbe commander, TestProbe acceptor)
    {
        acceptor.Send(Sys.Mqtt(), Bind(acceptor));
        _bound = await acceptor.ExpectMsgAsync<Mqtt.Bound>(Soon);
        commander.Send(Sys.Mqtt(), Dial(_bound.LocalAddress));
    }

    [Fact]
    public async Task Unbinding_frees_the_address_and_leaves_connections_alone()
    {
        var (client, server) = await PairAsync(new Connect { ClientId = "c" });
        var requester = CreateTestProbe();
        requester.Send(_bound!.Listener, Mqtt.Unbind.Instance);
        await requester.ExpectMsgAsync<Mqtt.Unbound>(Soon);
        requester.Send(Sys.Mqtt(), Dial(_bound!.LocalAddress));
        await requester.ExpectMsgAsync<Mqtt.CommandFailed>(Soon);
        client.Tell(new Publish("a", "still here"));
        await server.Handler.ExpectMsgAsync(new Publish("a", "still here"), Soon);
        await WatchAsync(_bound!.Listener);
        client.Tell(Mqtt.Close.Instance);
        await ExpectTerminatedAsync(_bound!.Listener, Soon);
    }
}
