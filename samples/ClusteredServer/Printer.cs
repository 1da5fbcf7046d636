using Akka.Actor;
using Akka.Mqtt.Server;

namespace ClusteredServer;

/// <summary>A subscriber that is an actor.</summary>
internal sealed class Printer : ReceiveActor
{
    public Printer(TaskCompletionSource<string> received) =>
        Receive<MqttServer.Messages>(messages => received.TrySetResult(messages.Packets[0].Payload.ToText()));
}
