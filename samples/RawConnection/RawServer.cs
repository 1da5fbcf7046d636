using System.Net;
using Akka.Actor;
using Akka.Mqtt;
using Akka.Mqtt.Protocol;

namespace RawConnection;

/// <summary>Listens, and starts a <see cref="RawServerClient"/> for each client.</summary>
internal sealed class RawServer : ReceiveActor
{
    public RawServer(IPEndPoint address, TaskCompletionSource<IPEndPoint> bound)
    {
        Receive<Mqtt.Bound>(listening =>
        {
            Console.WriteLine($"server: listens on {listening.LocalAddress}");
            bound.TrySetResult((IPEndPoint)listening.LocalAddress);
        });
        Receive<Mqtt.CommandFailed>(failed => bound.TrySetException(new IOException(failed.Message)));
        Receive<Mqtt.Connected>(connected =>
        {
            var handler = Context.ActorOf(Props.Create(() => new RawServerClient(connected)));
            connected.Connection.Tell(new Mqtt.Register(handler));
        });
        Context.System.Mqtt().Tell(new Mqtt.Bind(Self, address));
    }
}

/// <summary>
/// The server of the <c>mqtt-connection</c> documentation: answers each packet of one client by hand. It is no broker: nothing is routed.
/// </summary>
internal sealed class RawServerClient : ReceiveActor
{
    public RawServerClient(Mqtt.Connected client)
    {
        Receive<Connect>(_ => Answer(new ConnAck()));
        Receive<Publish>(publish =>
        {
            if (publish.QoS == QualityOfService.AtLeastOnce)
                Answer(new PubAck(publish.PacketId));
            else if (publish.QoS == QualityOfService.ExactlyOnce)
                Answer(new PubRec(publish.PacketId));
        });
        Receive<PubRel>(release => Answer(new PubComp(release.PacketId)));
        Receive<Subscribe>(subscribe => Answer(new SubAck
        {
            PacketId = subscribe.PacketId,
            ReasonCodes = MqttList.From(subscribe.Subscriptions.Select(subscription => (ReasonCode)subscription.QoS)),
        }));
        Receive<Unsubscribe>(unsubscribe => Answer(new UnsubAck(unsubscribe.PacketId)));
        Receive<PingReq>(_ => Answer(PingResp.Instance));
        Receive<Disconnect>(_ => client.Connection.Tell(Mqtt.Close.Instance));
        Receive<Mqtt.CommandFailed>(failed => Console.WriteLine($"server: {failed.Command} failed: {failed.Message}"));
        Receive<Mqtt.ConnectionClosed>(closed =>
        {
            Console.WriteLine($"server: {client.RemoteAddress} has ended: {closed}");
            Context.Stop(Self);
        });

        void Answer(MqttPacket packet)
        {
            Console.WriteLine($"server: answers {packet}");
            client.Connection.Tell(packet);
        }
    }

    protected override bool AroundReceive(Receive receive, object message)
    {
        if (message is MqttPacket packet)
            Console.WriteLine($"server: received {packet}");
        return base.AroundReceive(receive, message);
    }
}
