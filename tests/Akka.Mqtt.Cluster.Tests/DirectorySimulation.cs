using System.Text;
using Akka.Actor;
using Akka.Cluster;
using Akka.Mqtt.Cluster.Directory;
using Akka.Mqtt.Server.Core;

namespace Akka.Mqtt.Cluster.Tests;

/// <summary>
/// The directories of several nodes in one thread, by virtual time: clients connect anywhere, messages are delayed and lost, nodes join and are lost, and each
/// node learns of that at another time. Throws <see cref="InvalidOperationException"/> when a session is on two nodes, or is lost by a move.
/// </summary>
internal sealed class DirectorySimulation
{
    private const int Keys = 6;

    private readonly PriorityQueue<Action, (long At, long Number)> _queue = new();
    private readonly List<SimulatedNode> _nodes = [];
    private readonly Dictionary<SessionKey, Life> _lives = [];
    private readonly Dictionary<int, Simulated.Session> _given = []; // by the numbers of their lives
    private readonly Random _random;
    private readonly double _lossRate;
    private readonly SimulatedMessages? _messages;
    private readonly Random _chance; // for messages, so that the directory does the same with and without them
    private long _now = 1_700_000_000_000;
    private long _number;
    private int _uid;
    private int _life;
    private bool _isCalm; // no messages are lost any more

    private DirectorySimulation(int seed, bool hasMessages)
    {
        _random = new Random(seed);
        _chance = new Random(~seed);
        if (hasMessages)
            _messages = new SimulatedMessages((delay, action) => Schedule(_now + delay, action), _chance, [KeyOf(0), KeyOf(1), KeyOf(2)]);
        _lossRate = _random.Next(3) switch { 0 => 0, 1 => 0.02, _ => 0.2 };
    }

    /// <summary>Moves that were completed.</summary>
    public int Moves { get; private set; }

    /// <summary>Clients that were given a session.</summary>
    public int Opened { get; private set; }

    /// <summary>Messages that sessions have received.</summary>
    public int Received => _messages?.Received ?? 0;

    /// <summary>Runs one schedule.</summary>
    /// <param name="seed">The same does the same.</param>
    /// <param name="hasMessages">Whether all nodes publish to the sessions meanwhile.</param>
    /// <returns>What was done.</returns>
    public static DirectorySimulation Run(int seed, bool hasMessages = true)
    {
        var simulation = new DirectorySimulation(seed, hasMessages);
        simulation.Run();
        return simulation;
    }

    private void Run()
    {
        for (var at = 0; at < 3; at++)
            Join();
        for (var step = 0; step < 200; step++)
        {
            var until = _now + _random.Next(1, 60);
            Advance(until);
            Act();
        }
        _isCalm = true;
        Advance(_now + 60_000);
        var live = _nodes.Where(static each => each.IsLive).ToList();
        foreach (var node in live)
            Check(!node.Directory.Ownership.IsBusy, "a node still waits for something when all is calm");
        foreach (var (key, life) in _lives)
        {
            var holders = live.Count(each => each.Sessions.ContainsKey(key));
            Check(holders <= 1, $"{key.ClientId} is on {holders} nodes");
            Check(holders == 1 || life.IsAtRisk, $"{key.ClientId} is lost");
            if (holders == 1 && _messages?.Check(live.Single(each => each.Sessions.ContainsKey(key)).Self, key, life.IsAtRisk || life.LacksMessages) is { } wrong)
                throw new InvalidOperationException(wrong);
        }
        // All of them are found from everywhere.
        foreach (var key in Enumerable.Range(0, Keys).Select(KeyOf))
        {
            var node = live[_random.Next(live.Count)];
            node.Want(key);
            Advance(_now + 5_000);
            Check(node.Sessions.ContainsKey(key), $"{key.ClientId} cannot be had when all is calm");
        }
    }

    private void Act()
    {
        var live = _nodes.Where(static each => each.IsLive).ToList();
        var node = live[_random.Next(live.Count)];
        var key = KeyOf(_random.Next(Keys));
        for (var at = 0; at < 4; at++)
            _messages?.Publish(live[_chance.Next(live.Count)].Self, KeyOf(_chance.Next(Keys)));
        switch (_random.Next(40))
        {
            case 0 when live.Count < 6:
                Join();
                break;
            case 1 when live.Count > 2:
                Crash(node);
                break;
            case < 8 when node.Sessions.ContainsKey(key) && node.Directory.Ownership.Owned.TryRemove(key, out var epoch):
                node.Sessions.Remove(key);
                _lives.Remove(key);
                _messages?.End(node.Self, key);
                node.Directory.Ownership.End(key, epoch);
                node.Directory.Ownership.Flush();
                break;
            default:
                node.Want(key);
                break;
        }
    }

    private static SessionKey KeyOf(int number) => new("", null, $"client-{number}");

    private void Join()
    {
        var node = new SimulatedNode(this, new UniqueAddress(new Address("akka", "s", "h", 1 + (++_uid)), _uid));
        _nodes.Add(node);
        if (_messages is not null)
        {
            node.Directory.Ownership.Hold();
            _messages.Join(node.Self, () => node.Do(node.Directory.Ownership.Release));
        }
        Tick(node);
        SpreadMembers();
    }

    private void Crash(SimulatedNode node)
    {
        node.IsLive = false;
        foreach (var (key, life) in _lives)
            life.LacksMessages |= _messages?.IsOldPlace(node.Self, key) == true;
        _messages?.Crash(node.Self);
        foreach (var (key, life) in _lives)
        {
            var isMoving = _nodes.Any(each => each.IsLive && each.Given.Contains(key)) || !_nodes.Any(each => each.IsLive && each.Sessions.ContainsKey(key));
            life.IsAtRisk |= isMoving || node.Sessions.ContainsKey(key);
        }
        SpreadMembers();
    }

    private void SpreadMembers()
    {
        var members = _nodes.Where(static each => each.IsLive).Select(static each => each.Self).ToArray();
        foreach (var node in _nodes.Where(static each => each.IsLive))
        {
            // Each hears of the changes in their order.
            node.MembersAt = Math.Max(node.MembersAt + 1, _now + _random.Next(1, 400));
            Schedule(node.MembersAt, () => node.Do(() =>
            {
                node.Directory.SetMembers(members, _now);
                _messages?.SetMembers(node.Self, members);
            }));
        }
    }

    private void Tick(SimulatedNode node) => Schedule(_now + 100 + _random.Next(20), () =>
    {
        if (!node.IsLive)
            return;
        node.Do(() => node.Directory.Tick(_now));
        Tick(node);
    });

    private void Schedule(long at, Action action) => _queue.Enqueue(action, (at, ++_number));

    private void Advance(long until)
    {
        while (_queue.TryPeek(out var action, out var when) && when.At <= until)
        {
            _queue.Dequeue();
            _now = Math.Max(_now, when.At);
            action();
        }
        _now = until;
    }

    private void Send(UniqueAddress from, UniqueAddress to, DirectoryMessage message)
    {
        if (!from.Equals(to) && !_isCalm && _random.NextDouble() < _lossRate)
            return;
        var delay = from.Equals(to) ? 0 : _random.Next(10) == 0 ? _random.Next(1, 300) : _random.Next(1, 20);
        Schedule(_now + delay, () => _nodes.Find(each => each.Self.Equals(to))?.Do(node => node.Directory.Receive(message)));
    }

    private static void Check(bool isTrue, string otherwise)
    {
        if (!isTrue)
            throw new InvalidOperationException(otherwise);
    }

    private sealed class Life(int number, long epoch)
    {
        public int Number { get; } = number;

        public long Epoch { get; set; } = epoch;

        /// <summary>A node that had a part in it was lost: it may be gone.</summary>
        public bool IsAtRisk { get; set; }

        /// <summary>A node that had messages for it was lost.</summary>
        public bool LacksMessages { get; set; }
    }

    private sealed class SimulatedNode : IOwnershipHost
    {
        private readonly DirectorySimulation _all;

        public SimulatedNode(DirectorySimulation all, UniqueAddress self)
        {
            (_all, Self) = (all, self);
            Directory = new DirectoryNode(self, this, (to, message) => all.Send(self, to, message), partSize: 3, patience: 2000);
        }

        public UniqueAddress Self { get; }

        public DirectoryNode Directory { get; }

        public bool IsLive { get; set; } = true;

        public long MembersAt { get; set; }

        /// <summary>Sessions of this node, those that were given up and are not forgotten included.</summary>
        public Dictionary<SessionKey, int> Sessions { get; } = [];

        public HashSet<SessionKey> Given { get; } = [];

        public void Do(Action action)
        {
            if (!IsLive)
                return;
            action();
            Directory.Ownership.Flush();
        }

        public void Do(Action<SimulatedNode> action) => Do(() => action(this));

        public void Want(SessionKey key) => Do(() => Directory.Ownership.Want(key, null, false, _all._now));

        void IOwnershipHost.Opened(in SessionKey key, long epoch)
        {
            var wanted = key;
            _all.Opened++;
            foreach (var other in _all._nodes)
                Check(!other.IsLive || other == this || !other.Sessions.ContainsKey(wanted), $"{key.ClientId} is on two nodes");
            if (_all._lives.TryGetValue(key, out var life) && Sessions.TryGetValue(key, out var number))
            {
                Check(life.Number == number, $"{key.ClientId} has an old life");
                Check(life.Epoch <= epoch, $"the epoch of {key.ClientId} goes back");
                life.Epoch = epoch;
                return;
            }
            Check(life is null or { IsAtRisk: true }, $"{key.ClientId} was lost by a move");
            _all._lives[key] = new Life(++_all._life, epoch);
            Sessions[key] = _all._life;
            _all._messages?.Begin(Self, key, _all._life);
        }

        void IOwnershipHost.Refused(in SessionKey key, FetchAnswer why)
        {
        }

        void IOwnershipHost.GiveUp(in SessionKey key, string? user, bool discards)
        {
            var given = key;
            Given.Add(key);
            _all.Schedule(_all._now + _all._random.Next(30), GiveUp);

            void GiveUp() => Do(() =>
            {
                if (_all._messages?.IsArriving(Self, given) == true)
                {
                    _all.Schedule(_all._now + 10, GiveUp);
                    return;
                }
                if (_all._messages is { } messages && Sessions.TryGetValue(given, out var life))
                    _all._given[life] = messages.Freeze(Self, given);
                if (Sessions.TryGetValue(given, out var number))
                    Directory.Ownership.GaveUp(given, FetchAnswer.Part, Encoding.ASCII.GetBytes($"the life number {number}"));
                else
                    Directory.Ownership.GaveUp(given, FetchAnswer.None, null);
            });
        }

        void IOwnershipHost.Restore(in SessionKey key)
        {
            Given.Remove(key);
            _all._messages?.Restore(Self, key);
        }

        void IOwnershipHost.Forget(in SessionKey key, long epoch, UniqueAddress to, bool isOver)
        {
            Given.Remove(key);
            Sessions.Remove(key);
            _all._messages?.Forget(Self, key, epoch, isOver ? Self : to);
        }

        bool IOwnershipHost.TryTake(in SessionKey key, long epoch, UniqueAddress from, byte[]? content) => true;

        void IOwnershipHost.Install(in SessionKey key, long epoch, UniqueAddress? from, byte[] content)
        {
            _all.Moves++;
            var life = int.Parse(Encoding.ASCII.GetString(content).AsSpan(16), System.Globalization.CultureInfo.InvariantCulture);
            Sessions.Add(key, life);
            _all._messages?.Install(Self, key, epoch, from, _all._given[life].Copy());
        }

        void IOwnershipHost.Supersede(in SessionKey key)
        {
            Sessions.Remove(key);
            _all._messages?.End(Self, key);
        }
    }
}
