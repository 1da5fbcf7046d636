using Akka.Actor;
using Akka.Configuration;
using Akka.Mqtt.ManagedClient;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Client.Tests;

/// <summary>The session of the client against a naive server, in random histories that lose connections and sessions. Plain code: no actor, no socket, no clock.</summary>
public sealed class ClientSessionModelSpec
{
    public static TheoryData<int> Blocks => [.. Enumerable.Range(0, 8)];

    [Theory]
    [MemberData(nameof(Blocks))]
    public void Nothing_acknowledged_is_lost_or_doubled_or_out_of_order_in_any_history(int block)
    {
        for (var seed = block * 50; seed < (block + 1) * 50; seed++)
        {
            try
            {
                new History(seed).Run();
            }
            catch (Exception failure)
            {
                throw new InvalidOperationException($"Seed {seed}: {failure.Message}", failure);
            }
        }
    }

    private sealed class History : IClientOutput
    {
        private readonly Random _random;
        private readonly MqttVersion _version;
        private readonly MqttClientSettings _settings;
        private readonly ModelServer _server;
        private readonly ClientSession _session;
        private readonly Queue<MqttPacket> _toServer = new();
        private readonly Dictionary<int, MqttClient.Outcome> _outcomes = [];
        private readonly List<MqttClient.Command> _commands = [];
        private readonly List<(long Number, string Text, QualityOfService QoS)> _unacknowledged = [];
        private readonly List<string> _delivered = [];
        private readonly HashSet<string> _handled = [];
        private readonly HashSet<string> _subscriptions = new(StringComparer.Ordinal);
        private readonly bool _hasDeadlines;
        private bool _connected;
        private int _messages;
        private long _now = 1_000_000;

        public History(int seed)
        {
            _random = new Random(seed);
            _version = _random.Next(2) == 0 ? MqttVersion.V5 : MqttVersion.V311;
            _hasDeadlines = _random.Next(3) == 0;
            _server = new ModelServer(_random, _version);
            _settings = MqttClientSettings.Create((Config?)null) with
            {
                Version = _version, ClientId = "c", ReceiveMaximum = _random.Next(1, 12), AcknowledgeAutomatically = _random.Next(5) == 0, TopicAliases = 0,
                MaxQueuedBytes = _random.Next(3) == 0 ? 1500 : 1 << 20,
                Overflow = _random.Next(2) == 0 ? MqttClientOverflow.DropOldest : MqttClientOverflow.RefuseNewest,
            };
            _session = new ClientSession(_settings, this);
        }

        public bool IsFull { get; private set; }

        public void Run()
        {
            for (var step = 0; step < 400; step++)
                Step();
            // From here on nothing is lost any more.
            IsFull = false;
            if (!_connected)
                Connect();
            for (var step = 0; step < 3000 && (_toServer.Count > 0 || _server.ToClient.Count > 0 || _unacknowledged.Count > 0); step++)
            {
                ServerReceives();
                ClientReceives();
                Acknowledge();
            }
            Assert.Equal(0, _session.InFlightCount + _session.QueuedCount + _session.UnacknowledgedCount);
            Check();
            _session.Stop(new MqttClient.Cause(MqttClientCause.Stopped, "stop"));
            Assert.Equal(_commands.Count, _outcomes.Count);
        }

        public void Send(MqttPacket packet)
        {
            Assert.True(_connected, "A packet without connection.");
            _toServer.Enqueue(packet);
        }

        public void SendUnconfirmed(Publish packet, in Pending pending)
        {
            Send(packet);
            Complete(pending, new MqttClient.Sent(pending.Command!.Correlation));
        }

        public void Complete(in Pending pending, MqttClient.Outcome outcome)
        {
            var number = (int)outcome.Correlation!;
            Assert.True(_outcomes.TryAdd(number, outcome), $"Command {number} has two outcomes: {_outcomes[number]} and {outcome}.");
            if (outcome is not MqttClient.Acked { ReasonCodes: var codes })
                return;
            if (_commands[number] is MqttClient.Subscribe subscribe)
                _subscriptions.UnionWith(subscribe.Subscriptions.Where((_, at) => !codes[at].IsFailure()).Select(each => each.Filter));
            else if (_commands[number] is MqttClient.Unsubscribe unsubscribe)
                _subscriptions.ExceptWith(unsubscribe.Filters);
        }

        public void Deliver(Publish message, long number)
        {
            var text = message.Payload.ToText();
            if (message.QoS == QualityOfService.ExactlyOnce)
                Assert.DoesNotContain(text, _delivered);
            _delivered.Add(text);
            if (number < 0)
                return;
            if (_settings.AcknowledgeAutomatically)
                _handled.Add(text);
            else
                _unacknowledged.Add((number, text, message.QoS));
        }

        public void Tell(MqttClient.Event change)
        {
            if (change is MqttClient.ResubscribeFailed failed)
                _subscriptions.Remove(failed.Filter);
        }

        private void Step()
        {
            switch (_random.Next(14))
            {
                case 0 or 1 or 2:
                    Publish();
                    break;
                case 3:
                    Request();
                    break;
                case 4 when _connected && _random.Next(4) == 0:
                    // What was sent and did not arrive is lost, both ways.
                    for (var some = _random.Next(3); some > 0; some--)
                        ServerReceives();
                    _connected = false;
                    _toServer.Clear();
                    _session.EndConnection();
                    break;
                case 5 when !_connected:
                    Connect();
                    break;
                case 6 when _connected && _server.HasFreeId:
                    _server.Send($"s{_messages++}", (QualityOfService)_random.Next(3), _settings.ReceiveMaximum);
                    break;
                case 7 or 8 when !_settings.AcknowledgeAutomatically:
                    Acknowledge();
                    break;
                case 9:
                    _now += _random.Next(3000);
                    if (_hasDeadlines)
                        _session.EndLate(_now - 8000, new MqttClient.Cause(MqttClientCause.CommandTimedOut, "late"));
                    break;
                case 10:
                    IsFull = _random.Next(3) == 0;
                    if (!IsFull)
                        _session.Pump(_now);
                    break;
                case 11 or 12:
                    ServerReceives();
                    break;
                default:
                    ClientReceives();
                    break;
            }
        }

        private void Connect()
        {
            _connected = true;
            _session.BeginConnection(_server.Accept(loseSession: _random.Next(6) == 0), "c", _now);
        }

        private void Publish()
        {
            var qos = (QualityOfService)_random.Next(3);
            var number = _commands.Count;
            var packet = new Publish($"t/{(int)qos}/{_random.Next(2)}", $"{number}") { QoS = qos };
            if (_version == MqttVersion.V5 && _random.Next(4) == 0)
                packet = packet with { Properties = new PublishProperties { MessageExpiryInterval = (uint)_random.Next(1, 4) } };
            Take(new MqttClient.Publish(packet, number));
        }

        private void Request()
        {
            var number = _commands.Count;
            string[] filters = [.. Enumerable.Range(0, 4).Where(_ => _random.Next(2) == 0).Select(at => $"f/{at}").DefaultIfEmpty("f/0")];
            Take(_random.Next(2) == 0
                ? new MqttClient.Subscribe([.. filters.Select(filter => new Subscription(filter, QualityOfService.AtLeastOnce))], number)
                : new MqttClient.Unsubscribe([.. filters], number));
        }

        private void Take(MqttClient.Command command)
        {
            _commands.Add(command);
            _session.Take(new Pending(command, ActorRefs.Nobody), _now);
        }

        private void ServerReceives()
        {
            if (_toServer.TryDequeue(out var packet))
                _server.Receive(packet);
        }

        private void ClientReceives()
        {
            if (!_connected || !_server.ToClient.TryDequeue(out var packet))
                return;
            var wrong = _session.Receive(packet);
            Assert.True(wrong is null, $"{packet}: {wrong?.Text}");
            _session.SendAcknowledgements();
            _session.Pump(_now);
        }

        /// <summary>The handler acknowledges some message; it may be one of an earlier connection.</summary>
        private void Acknowledge()
        {
            if (_unacknowledged.Count == 0)
                return;
            var at = _random.Next(_unacknowledged.Count);
            var (number, text, _) = _unacknowledged[at];
            _unacknowledged.RemoveAt(at);
            _handled.Add(text);
            _session.Acknowledge(number, 1, ReasonCode.Success);
            if (_random.Next(4) == 0)
                _session.Acknowledge(number, 1, ReasonCode.Success); // twice does nothing
            _session.SendAcknowledgements();
        }

        private void Check()
        {
            var last = new Dictionary<string, int>(StringComparer.Ordinal);
            var seen = new HashSet<int>();
            foreach (var (topic, text) in _server.Published)
            {
                var number = int.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
                var first = seen.Add(number);
                Assert.True(first || topic.StartsWith("t/1", StringComparison.Ordinal), $"Message {number} of {topic} was published twice.");
                if (first && last.TryGetValue(topic, out var before))
                    Assert.True(before < number, $"Message {number} of {topic} was published after {before}.");
                if (first)
                    last[topic] = number;
            }
            for (var number = 0; number < _commands.Count; number++)
            {
                var outcome = _outcomes.GetValueOrDefault(number);
                Assert.True(outcome is not null, $"{_commands[number]} has no outcome.");
                if (_commands[number] is not MqttClient.Publish publish)
                    continue;
                if (outcome is MqttClient.Acked)
                    Assert.True(seen.Contains(number), $"Message {number} was acknowledged and not published.");
                if (outcome is MqttClient.Failed)
                    Assert.False(seen.Contains(number), $"Message {number} failed and was published.");
                if (outcome is MqttClient.Refused { Reason: MqttClientRefusal.QueueFull })
                    Assert.False(seen.Contains(number), $"Message {number} was refused and published.");
                if (outcome is MqttClient.Refused { Reason: MqttClientRefusal.Expired })
                    Assert.NotNull(publish.Packet.Properties?.MessageExpiryInterval);
                if (outcome is MqttClient.Unknown && !_hasDeadlines && publish.Packet.QoS == QualityOfService.AtLeastOnce)
                    Assert.NotNull(publish.Packet.Properties?.MessageExpiryInterval); // sent, and expired before it could be sent again
            }
            foreach (var text in _server.Delivered)
                Assert.True(_handled.Contains(text), $"Message {text} was acknowledged, and the handler had not acknowledged it.");
            if (!_hasDeadlines) // of a request that is late nobody knows
                Assert.Equal(_subscriptions.Order(), _server.Subscriptions.Keys.Order());
        }
    }
}
