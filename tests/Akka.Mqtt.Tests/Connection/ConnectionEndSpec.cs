using Akka.Actor;
using Akka.Mqtt.Connection;
using Akka.Mqtt.Protocol;
using Xunit;
using Xunit.Abstractions;

namespace Akka.Mqtt.Tests.Connection;

/// <summary>Who is told what of the packets that were not delivered.</summary>
public sealed class ConnectionEndSpec(ITestOutputHelper output) : MqttSpec(output)
{
    [Fact]
    public void Undelivered_packets_go_with_the_end_to_a_handler_of_this_process_and_not_to_another_node()
    {
        MqttPacket[] packets = [new Publish("t", "x"), new Disconnect()];
        var end = new ConnectionEnd(CloseReason.TransportError, "reset");
        Assert.Same(end.Event, end.EventFor(new Elsewhere(Sys)));
        end.SetUndelivered([.. packets]);
        Assert.Equal(packets, end.EventFor(TestActor).Undelivered);
        Assert.Equal(new Mqtt.ErrorClosed(CloseReason.TransportError, "reset"), end.EventFor(new Elsewhere(Sys)));
    }

    /// <summary>A reference to an actor of another node.</summary>
    private sealed class Elsewhere(ActorSystem system) : MinimalActorRef
    {
        public override ActorPath Path { get; } = ActorPath.Parse("akka.tcp://far@127.0.0.1:1/user/handler");

        public override IActorRefProvider Provider => ((ExtendedActorSystem)system).Provider;
    }
}
