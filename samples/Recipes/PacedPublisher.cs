#region doc:paced-publisher
using Akka.Actor;
using Akka.Mqtt;
using Akka.Mqtt.Protocol;

namespace Recipes;

/// <summary>
/// Publishes with QoS 1 within the limits that CONNACK names. It has at most Receive Maximum messages without PUBACK under way, uses topic
/// aliases, and answers each <see cref="Publish"/> with a <see cref="Published"/>.
/// </summary>
public sealed class PacedPublisher : ReceiveActor
{
    private readonly IActorRef _connection;
    private readonly Queue<(Publish Message, IActorRef Sender)> _queue = [];
    private readonly Dictionary<ushort, (Publish Message, IActorRef Sender)> _inFlight = [];
    private readonly Dictionary<string, ushort> _aliases = [];
    private int _receiveMaximum; // 0 until CONNACK has arrived
    private int _aliasMaximum;
    private ushort _lastId;

    /// <param name="connection">A connection that is up and has sent nothing yet.</param>
    public PacedPublisher(IActorRef connection)
    {
        _connection = connection;

        Receive<ConnAck>(answer =>
        {
            if (answer.ReasonCode != ReasonCode.Success)
            {
                _connection.Tell(Mqtt.Close.Instance);
                return;
            }
            _receiveMaximum = answer.Properties?.ReceiveMaximum ?? ushort.MaxValue; // absent means 65,535
            _aliasMaximum = answer.Properties?.TopicAliasMaximum ?? 0; // absent means none
            SendQueued();
        });
        Receive<Publish>(message =>
        {
            _queue.Enqueue((message, Sender)); // bound this in a program of yours
            SendQueued();
        });
        Receive<PubAck>(answer =>
        {
            if (!_inFlight.Remove(answer.PacketId, out var sent))
                return;
            sent.Sender.Tell(new Published(sent.Message, answer.ReasonCode, answer.Properties?.ReasonString));
            SendQueued();
        });

        Receive<Mqtt.ConnectionClosed>(_ => Context.Stop(Self));

        _connection.Tell(new Mqtt.Register(Self));
        _connection.Tell(new Connect { ClientId = "paced" });
    }

    private void SendQueued()
    {
        while (_inFlight.Count < _receiveMaximum && _queue.TryDequeue(out var next))
        {
            do
                _lastId = _lastId == ushort.MaxValue ? (ushort)1 : (ushort)(_lastId + 1);
            while (_inFlight.ContainsKey(_lastId));
            _inFlight.Add(_lastId, next);
            _connection.Tell(WithAlias(next.Message) with { QoS = QualityOfService.AtLeastOnce, PacketId = _lastId });
        }
    }

    /// <summary>The first message of a topic carries the topic and its alias, later ones the alias only.</summary>
    private Publish WithAlias(Publish message)
    {
        var known = _aliases.TryGetValue(message.Topic, out var alias);
        if (!known)
        {
            if (_aliases.Count >= _aliasMaximum)
                return message;
            alias = (ushort)(_aliases.Count + 1);
            _aliases.Add(message.Topic, alias);
        }
        var properties = message.Properties ?? new PublishProperties();
        return message with { Topic = known ? "" : message.Topic, Properties = properties with { TopicAlias = alias } };
    }
}

/// <summary>The server's answer. Below 0x80 it has the message; <see cref="ReasonCode.NoMatchingSubscribers"/> says that nobody else wanted it.</summary>
public sealed record Published(Publish Message, ReasonCode ReasonCode, string? Reason);
#endregion
