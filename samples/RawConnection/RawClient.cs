using Akka.Actor;
using Akka.Mqtt;
using Akka.Mqtt.Protocol;

namespace RawConnection;

/// <summary>
/// The client of the <c>mqtt-connection</c> documentation: connects with <c>MQIsdp</c> version 3, waits for CONNACK and publishes. Nothing is
/// done for it: packet identifiers, acknowledgements and the ping are its own.
/// </summary>
internal sealed class RawClient : ReceiveActor
{
    private readonly TaskCompletionSource<bool> _done;
    private IActorRef _connection = ActorRefs.Nobody;
    private bool _finished;

    public RawClient(Mqtt.Connect dial, TaskCompletionSource<bool> done)
    {
        _done = done;
        Receive<Mqtt.Connected>(connected =>
        {
            Say($"the socket to {connected.RemoteAddress} is up");
            _connection = connected.Connection;
            _connection.Tell(new Mqtt.Register(Self));
            Send(new Connect { ClientId = "example", KeepAlive = 30, Version = MqttVersion.V31 });
        });
        Receive<ConnAck>(answer => answer.ReasonCode == ReasonCode.Success, _ =>
        {
            Send(new Subscribe(1, "example/#"));
            Send(new Publish("example", "example"));
            Send(new Publish("example", "at least once") { QoS = QualityOfService.AtLeastOnce, PacketId = 2 });
            Send(new Publish("example", "exactly once") { QoS = QualityOfService.ExactlyOnce, PacketId = 3 });
        });
        Receive<ConnAck>(refused =>
        {
            Say($"refused: {refused.ReasonCode}");
            _connection.Tell(Mqtt.Close.Instance);
        });
        Receive<PubRec>(received => Send(new PubRel(received.PacketId)));
        Receive<PubComp>(_ => Send(PingReq.Instance));
        Receive<PingResp>(_ =>
        {
            _finished = true;
            Send(new Disconnect());
        });
        Receive<MqttPacket>(packet => Say($"received {packet}"));
        Receive<Mqtt.CommandFailed>(failed =>
        {
            Say($"{failed.Command} failed: {failed.Message}");
            if (failed.Command is Mqtt.Connect)
                Stop();
        });
        Receive<Mqtt.ConnectionClosed>(closed =>
        {
            Say($"the connection has ended: {closed}");
            Stop();
        });
        Context.System.Mqtt().Tell(dial);
    }

    protected override bool AroundReceive(Receive receive, object message)
    {
        if (message is ConnAck or PubRec or PubComp or PingResp)
            Say($"received {message}");
        return base.AroundReceive(receive, message);
    }

    private static void Say(string what) => Console.WriteLine($"client: {what}");

    private void Send(MqttPacket packet)
    {
        Say($"sends {packet}");
        _connection.Tell(packet);
    }

    private void Stop()
    {
        _done.TrySetResult(_finished);
        Context.Stop(Self);
    }
}
