using System.Globalization;
using Akka.Actor;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Cli.Bench;

/// <summary>
/// Opens many idle connections: those of mode idle, and the background subscribers. It is the handler of all of them, so that the load tool needs little
/// memory for them. It opens 200 at a time.
/// </summary>
internal sealed class IdleClientsActor(LoadRun run, string clientIdPrefix, int count, bool subscribes) : UntypedActor
{
    private const int MostOpening = 200;

    private readonly HashSet<IActorRef> _connections = [];
    private int _dialled;
    private int _greeted;
    private int _subscribed;
    private bool _leaving;

    protected override void PreStart()
    {
        while (_dialled < Math.Min(count, MostOpening))
            Dial();
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Mqtt.Received batch:
                foreach (var packet in batch.Packets)
                    OnPacket(packet);
                break;
            case Mqtt.Connected:
                _connections.Add(Sender);
                Sender.Tell(new Mqtt.Register(Self) { Delivery = MqttDelivery.Batches });
                Sender.Tell(run.Target.Hello(string.Create(CultureInfo.InvariantCulture, $"{clientIdPrefix}{_greeted++}")));
                break;
            case LoadClient.Leave:
                _leaving = true;
                foreach (var connection in _connections)
                {
                    connection.Tell(new Disconnect());
                    connection.Tell(Mqtt.Close.Instance);
                }
                break;
            case Mqtt.ConnectionClosed closed:
                if (_leaving)
                    run.Closed();
                else
                    run.Fail(LoadClient.Lost(subscribes ? "a background subscriber" : "an idle client", closed));
                break;
            case Mqtt.CommandFailed failed when !_leaving:
                run.Fail(failed.Message);
                break;
        }
    }

    private void OnPacket(MqttPacket packet)
    {
        switch (packet)
        {
            case ConnAck { ReasonCode: not ReasonCode.Success } refused:
                run.Fail($"the server refused {clientIdPrefix}…: {refused.ReasonCode}.");
                break;
            case Disconnect goodbye:
                run.Fail($"the server disconnected {clientIdPrefix}…: {goodbye.ReasonCode}.");
                break;
            case ConnAck when subscribes:
                Sender.Tell(new Subscribe(1, new Subscription(BenchTopics.Background(run.Options, _subscribed++), run.Options.QoS)));
                break;
            case SubAck { ReasonCodes: var codes } when codes[0].IsFailure():
                run.Fail($"the server refused a background subscription: {codes[0]}.");
                break;
            case ConnAck or SubAck:
                run.Ready();
                if (_dialled < count)
                    Dial();
                break;
        }
    }

    private void Dial() => Context.System.Mqtt().Tell(run.Target.Dial(_dialled++), Self);
}
