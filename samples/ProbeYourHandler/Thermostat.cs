using System.Globalization;
using Akka.Actor;
using Akka.Mqtt;
using Akka.Mqtt.Protocol;

namespace ProbeYourHandler;

/// <summary>
/// The code under test: a device that publishes its target temperature and takes commands. It is the handler of an MQTT connection, client
/// side; whoever makes the connection names it as the sender of <c>Mqtt.Connect</c> or <c>Mqtt.Attach</c>.
/// </summary>
public sealed class Thermostat : ReceiveActor
{
    private readonly string _id;
    private IActorRef _connection = ActorRefs.Nobody;
    private double _target = 20;

    public Thermostat(string id)
    {
        _id = id;
        Receive<Mqtt.Connected>(connected =>
        {
            _connection = connected.Connection;
            _connection.Tell(new Mqtt.Register(Self));
            _connection.Tell(new Connect
            {
                ClientId = id,
                Version = MqttVersion.V311,
                Will = new Will($"home/{id}/status", "offline") { Retain = true },
            });
        });
        Receive<ConnAck>(Answered);
        Receive<SubAck>(_ => PublishTarget());
        Receive<Publish>(Command);
        Receive<Mqtt.ConnectionClosed>(_ => Context.Stop(Self));
        Receive<Mqtt.CommandFailed>(failed => Context.Stop(Self));
        ReceiveAny(_ => { });
    }

    private void Answered(ConnAck answer)
    {
        if (answer.ReasonCode == ReasonCode.Success)
            _connection.Tell(new Subscribe(1, new Subscription($"home/{_id}/target/set", QualityOfService.AtLeastOnce)));
        else
            _connection.Tell(Mqtt.Close.Instance);
    }

    private void Command(Publish command)
    {
        if (command.QoS == QualityOfService.AtLeastOnce)
            _connection.Tell(new PubAck(command.PacketId));
        if (double.TryParse(command.Payload.ToText(), CultureInfo.InvariantCulture, out var target) && target is >= 5 and <= 30)
        {
            _target = target;
            PublishTarget();
        }
        else
        {
            _connection.Tell(new Publish($"home/{_id}/error", $"'{command.Payload.ToText()}' is no temperature from 5 to 30"));
        }
    }

    private void PublishTarget() =>
        _connection.Tell(new Publish($"home/{_id}/target", _target.ToString("0.0", CultureInfo.InvariantCulture)) { Retain = true });
}
