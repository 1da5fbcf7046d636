using System.Net;
using Akka.Actor;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.HostedProgram;

/// <summary>A raw client of the server in the same process.</summary>
internal sealed class Bridge : ReceiveActor
{
    public Bridge(EndPoint server, TaskCompletionSource isConnected)
    {
        Context.System.Mqtt().Tell(new Mqtt.Connect(server));
        Receive<Mqtt.CommandFailed>(failed => isConnected.TrySetException(new InvalidOperationException(failed.Message)));
        Receive<Mqtt.Connected>(_ =>
        {
            Sender.Tell(new Mqtt.Register(Self));
            Sender.Tell(new Connect { ClientId = "bridge" });
        });
        Receive<ConnAck>(_ => isConnected.TrySetResult());
        Receive<Disconnect>(_ => { });
        Receive<Mqtt.ConnectionClosed>(_ => { });
    }
}
