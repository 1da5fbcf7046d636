#region doc:first-server
using System.Net;
using Akka.Actor;
using Akka.Mqtt;
using Akka.Mqtt.Protocol;

namespace FirstServer;

/// <summary>Answers each packet by hand and sends each message back to its publisher. The sender of a packet is its connection.</summary>
public sealed class EchoServer : ReceiveActor
{
    public EchoServer(IPEndPoint address, TextWriter output)
    {
        var versions = new Dictionary<IActorRef, MqttVersion>();

        Receive<Mqtt.Bound>(bound => output.WriteLine($"Listening at {bound.LocalAddress}"));
        Receive<Mqtt.Connected>(connected => connected.Connection.Tell(new Mqtt.Register(Self))); // one for each client

        Receive<Connect>(connect =>
        {
            versions[Sender] = connect.Version;
            Sender.Tell(new ConnAck());
        });
        Receive<Subscribe>(packet => Sender.Tell(new SubAck(packet.PacketId, [.. packet.Subscriptions.Select(_ => ReasonCodes.GrantedQoS0)])));
        Receive<Unsubscribe>(packet => Sender.Tell(versions[Sender] == MqttVersion.V5
            ? new UnsubAck(packet.PacketId, [.. packet.Filters.Select(_ => ReasonCode.Success)])
            : new UnsubAck(packet.PacketId))); // 3.x has no reason codes there
        Receive<Publish>(message =>
        {
            if (message.QoS == QualityOfService.AtLeastOnce)
                Sender.Tell(new PubAck(message.PacketId));
            else if (message.QoS == QualityOfService.ExactlyOnce)
                Sender.Tell(new PubRec(message.PacketId));
            Sender.Tell(new Publish(message.Topic, message.Payload));
        });
        Receive<PubRel>(packet => Sender.Tell(new PubComp(packet.PacketId)));
        Receive<PingReq>(_ => Sender.Tell(PingResp.Instance));
        Receive<Disconnect>(_ => Sender.Tell(Mqtt.Close.Instance));
        Receive<Mqtt.ConnectionClosed>(_ => versions.Remove(Sender)); // the others stay connected

        Receive<Mqtt.CommandFailed>(failed =>
        {
            output.WriteLine($"{failed.Command} failed: {failed.Message}");
            if (failed.Command is Mqtt.Bind)
                Context.Stop(Self);
        });
        Context.System.Mqtt().Tell(new Mqtt.Bind(Self, address));
    }
}
#endregion
