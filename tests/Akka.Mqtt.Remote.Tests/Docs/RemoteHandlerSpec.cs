using Akka.Actor;
using Akka.Mqtt.Protocol;
using Recipes;
using Xunit;
using Xunit.Abstractions;

namespace Akka.Mqtt.Remote.Tests.Docs;

/// <summary>The program of docs/remoting.md: the configuration of its nodes is that of the page, with free ports.</summary>
public sealed class RemoteHandlerSpec(ITestOutputHelper output)
    : RemoteSpec(output, RemoteHandler.Node(0).Root.ToString())
{
    [Fact]
    public async Task A_handler_on_one_node_has_a_connection_of_the_other()
    {
        var listener = CreateTestProbe();
        var address = new InMemoryEndPoint("mqtt-server");
        listener.Send(Sys.Mqtt(), new Mqtt.Bind(listener, address));
        await listener.ExpectMsgAsync<Mqtt.Bound>(Soon);
        var application = Far.CreateTestProbe();
        var gateway = ((ExtendedActorSystem)Sys).Provider.DefaultAddress;

        Other.ActorOf(Props.Create(() => new RemoteHandler(gateway, address, application)));

        var connection = (await listener.ExpectMsgAsync<Mqtt.Connected>(Soon)).Connection;
        listener.Send(connection, new Mqtt.Register(listener));
        Assert.Equal("remote", (await listener.ExpectMsgAsync<Connect>(Soon)).ClientId);
        listener.Send(connection, new ConnAck());
        await application.ExpectMsgAsync(new ConnAck(), Soon);
        listener.Send(connection, Mqtt.Close.Instance);
        await application.ExpectMsgAsync<Mqtt.PeerClosed>(Soon);
    }
}
