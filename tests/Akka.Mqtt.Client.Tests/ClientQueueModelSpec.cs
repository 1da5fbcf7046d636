using System.Globalization;
using Akka.Actor;
using Akka.Configuration;
using Akka.Mqtt.ManagedClient;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Client.Tests;

/// <summary>
/// The session of a client with a queue that survives the process, against a naive server, in random histories in which processes are killed. What leaves the
/// client waits for the commit of what was changed before. Plain code: no actor, no socket, no file.
/// </summary>
public sealed class ClientQueueModelSpec
{
    public static TheoryData<int> Blocks => [.. Enumerable.Range(0, 6)];

    [Theory]
    [MemberData(nameof(Blocks))]
    public void Nothing_stored_is_lost_and_QoS_2_is_not_doubled_however_often_the_process_is_killed(int block)
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
        private readonly MemoryClientQueue _file = new();
        private readonly bool _losesSessions;
        private readonly Queue<MqttPacket> _toServer = new();
        private readonly List<object> _gathered = []; // packets and outcomes that wait for the commit
        private readonly List<Publish> _commands = [];
        private readonly Dictionary<int, MqttClient.Outcome> _outcomes = [];
        private readonly HashSet<int> _undelivered = [];
        private readonly List<(long Number, string Text)> _unacknowledged = [];
        private readonly HashSet<string> _handled = [];
        private readonly Dictionary<ushort, string> _exchanges = []; // QoS 2 from the server, by identifier
        private readonly HashSet<string> _promised = []; // QoS 2 from the server whose PUBREC has left
        private QueueJournal _journal;
        private ClientSession _session;
        private bool _connected;
        private int _messages;
        private long _now = 1_000_000;

        public History(int seed)
        {
            _random = new Random(seed);
            _version = _random.Next(2) == 0 ? MqttVersion.V5 : MqttVersion.V311;
            _losesSessions = _random.Next(3) == 0;
            _server = new ModelServer(_random, _version);
            _settings = MqttClientSettings.Create((Config?)null) with
            {
                Version = _version, ClientId = "c", CleanStart = false, ReceiveMaximum = _random.Next(1, 12), AcknowledgeAutomatically = _random.Next(5) == 0,
                TopicAliases = 0,
            };
            _journal = new QueueJournal(_file.State);
            _session = new ClientSession(_settings, this, _journal);
        }

        public bool IsFull { get; private set; }

        public void Run()
        {
            for (var step = 0; step < 500; step++)
            {
                Step();
                if (!_journal.HasChanges)
                    Commit();
            }
            IsFull = false;
            if (!_connected)
                Connect();
            for (var step = 0; step < 4000; step++)
            {
                Commit();
                ServerReceives();
                ClientReceives();
                Acknowledge();
            }
            Assert.Equal(0, _session.InFlightCount + _session.QueuedCount + _session.UnacknowledgedCount);
            Assert.Empty(_file.State.Messages);
            if (!_losesSessions) // else identifiers may be left that the server has forgotten
                Assert.Empty(_file.State.Received);
            Check();
        }

        public void Send(MqttPacket packet)
        {
            Assert.True(_connected, "A packet without connection.");
            _gathered.Add(packet);
        }

        public void SendUnconfirmed(Publish packet, in Pending pending) => Assert.Fail("There is no QoS 0 here.");

        public void Complete(in Pending pending, MqttClient.Outcome outcome)
        {
            if (!pending.IsStored)
                _gathered.Add(outcome);
            else if (outcome is not MqttClient.Acked)
                _undelivered.Add(int.Parse(((MqttClient.Publish)pending.Command!).Packet.Payload.ToText(), CultureInfo.InvariantCulture));
        }

        public void Deliver(Publish message, long number)
        {
            var text = message.Payload.ToText();
            if (message.QoS == QualityOfService.ExactlyOnce)
            {
                Assert.False(_promised.Contains(text), $"{text} was delivered after its PUBREC had left.");
                _exchanges[message.PacketId] = text;
            }
            if (_settings.AcknowledgeAutomatically)
                _handled.Add(text);
            else
                _unacknowledged.Add((number, text));
        }

        public void Tell(MqttClient.Event change)
        {
        }

        private void Step()
        {
            switch (_random.Next(14))
            {
                case 0 or 1 or 2:
                    var packet = new Publish($"t/{_random.Next(1, 3)}/{_random.Next(2)}", $"{_commands.Count}");
                    packet = packet with { QoS = (QualityOfService)(packet.Topic[2] - '0') };
                    var command = new MqttClient.Publish(packet, _commands.Count) { CompleteWhenStored = _random.Next(3) > 0 };
                    _commands.Add(packet);
                    _session.Take(new Pending(command, ActorRefs.Nobody), _now++);
                    break;
                case 3 when _random.Next(4) == 0:
                    Kill();
                    break;
                case 4 when _connected && _random.Next(3) == 0:
                    EndConnection();
                    _session.EndConnection();
                    break;
                case 5 when !_connected:
                    Connect();
                    break;
                case 6 when _connected && _server.HasFreeId:
                    _server.Send($"s{_messages++}", (QualityOfService)_random.Next(1, 3), _settings.ReceiveMaximum);
                    break;
                case 7 when !_settings.AcknowledgeAutomatically:
                    Acknowledge();
                    break;
                case 8:
                    IsFull = _random.Next(3) == 0;
                    if (!IsFull)
                        _session.Pump(_now);
                    break;
                case 9 or 10:
                    Commit();
                    break;
                case 11 or 12:
                    ServerReceives();
                    break;
                default:
                    ClientReceives();
                    break;
            }
        }

        /// <summary>kill -9: what was not committed is gone, and the next process begins with what was.</summary>
        private void Kill()
        {
            if (_connected)
                EndConnection();
            _gathered.Clear();
            _unacknowledged.Clear();
            _exchanges.Clear();
            _journal = new QueueJournal(_file.State);
            _session = new ClientSession(_settings, this, _journal);
        }

        private void EndConnection()
        {
            for (var some = _random.Next(3); some > 0; some--)
                ServerReceives();
            _connected = false;
            _toServer.Clear();
            _gathered.RemoveAll(each => each is MqttPacket);
        }

        private void Connect()
        {
            _connected = true;
            _session.BeginConnection(_server.Accept(_losesSessions && _random.Next(6) == 0), "c", _now);
        }

        private void Commit()
        {
            _file.Apply(_journal.Take());
            foreach (var each in _gathered)
            {
                if (each is MqttPacket packet)
                    _toServer.Enqueue(packet);
                else if (each is MqttClient.Outcome outcome)
                    Assert.True(_outcomes.TryAdd((int)outcome.Correlation!, outcome), $"Two outcomes: {outcome}.");
                if (each is PubRec rec && _exchanges.TryGetValue(rec.PacketId, out var text))
                    _promised.Add(text);
            }
            _gathered.Clear();
            _session.Pump(_now);
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

        private void Acknowledge()
        {
            if (_unacknowledged.Count == 0)
                return;
            var at = _random.Next(_unacknowledged.Count);
            var (number, text) = _unacknowledged[at];
            _unacknowledged.RemoveAt(at);
            _handled.Add(text);
            _session.Acknowledge(number, 1, ReasonCode.Success);
            _session.SendAcknowledgements();
        }

        private void Check()
        {
            var last = new Dictionary<string, int>(StringComparer.Ordinal);
            var seen = new HashSet<int>();
            foreach (var (topic, text) in _server.Published)
            {
                var number = int.Parse(text, CultureInfo.InvariantCulture);
                var isFirst = seen.Add(number);
                Assert.True(isFirst || _losesSessions || topic.StartsWith("t/1", StringComparison.Ordinal), $"Message {number} of {topic} was published twice.");
                if (isFirst && last.TryGetValue(topic, out var before))
                    Assert.True(before < number, $"Message {number} of {topic} was published after {before}.");
                if (isFirst)
                    last[topic] = number;
            }
            foreach (var (number, outcome) in _outcomes)
            {
                if (outcome is MqttClient.Stored or MqttClient.Acked && !_undelivered.Contains(number))
                    Assert.True(seen.Contains(number), $"Message {number} ended with {outcome} and was not published.");
            }
            if (_version != MqttVersion.V5) // the server refuses nothing
                Assert.Empty(_undelivered);
            foreach (var text in _server.Delivered)
                Assert.True(_handled.Contains(text), $"Message {text} was acknowledged, and the handler had not acknowledged it.");
        }
    }
}
