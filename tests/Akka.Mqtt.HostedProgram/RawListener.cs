using System.Net;
using Akka.Actor;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.HostedProgram;

/// <summary>Listens, and accepts every client by hand.</summary>
internal sealed class RawListener : ReceiveActor
{
    public RawListener(TaskCompletionSource<int> port)
    {
        Context.System.Mqtt().Tell(new Mqtt.Bind(Self, new IPEndPoint(IPAddress.Loopback, 0)));
        Receive<Mqtt.Bound>(bound => port.SetResult(((IPEndPoint)bound.LocalAddress).Port));
        Receive<Mqtt.CommandFailed>(failed => port.TrySetException(new InvalidOperationException(failed.Message)));
        Receive<Mqtt.Connected>(_ => Sender.Tell(new Mqtt.Register(Self)));
        Receive<Connect>(_ => Sender.Tell(new ConnAck()));
        Receive<Mqtt.ConnectionClosed>(_ => { });
    }
}
