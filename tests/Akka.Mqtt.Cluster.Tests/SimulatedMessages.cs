using Akka.Cluster;
using Akka.Mqtt.Cluster.Directory;
using Akka.Mqtt.Server.Core;
using static Akka.Mqtt.Cluster.Tests.Simulated;
using Arrival = Akka.Mqtt.Cluster.Tests.Simulated.Arrival;

namespace Akka.Mqtt.Cluster.Tests;

/// <summary>
/// Messages of a <see cref="DirectorySimulation"/>: each session has subscribed to a topic of its own, and each node publishes to all of them. Links are slow and
/// keep the order. Finds out which messages reach a session twice, in the wrong order, or not at all.
/// </summary>
/// <param name="schedule">Does something later: after how many milliseconds.</param>
/// <param name="random">The source of all chance.</param>
/// <param name="everywhere">Sessions whose topics have other subscribers on all nodes.</param>
internal sealed class SimulatedMessages(Action<long, Action> schedule, Random random, IReadOnlyList<SessionKey> everywhere)
{
    private readonly Dictionary<UniqueAddress, Node> _nodes = [];

    /// <summary>Messages that sessions have received.</summary>
    public int Received { get; private set; }

    /// <summary>A node joins; it learns the filters of the others.</summary>
    /// <param name="self">The node.</param>
    /// <param name="joined">What happens when it takes clients.</param>
    public void Join(UniqueAddress self, Action joined)
    {
        var node = new Node(self, joined);
        _nodes.Add(self, node);
        foreach (var key in everywhere)
            AddFilter(node, key, 0);
        foreach (var other in _nodes.Values.Where(each => each != node))
        {
            Send(node, other, () => other.Change(joining => joining.Know(self)));
            foreach (var arrival in other.Arrivals.Values)
                arrival.Place.Add(self);
            // A link begins with one frame that has all of it.
            var (filters, arrivals) = (other.Filters.ToList(), other.Arrivals.ToList());
            Send(other, node, () =>
            {
                foreach (var (key, life) in filters)
                {
                    node.Routes[(key, other.Self)] = life;
                    node.Known.Add(life);
                }
                foreach (var (key, arrival) in arrivals)
                    Ask(other, node, key, arrival);
                node.Change(joining => joining.Know(other.Self));
            });
        }
    }

    /// <summary>A node learns who is a member.</summary>
    public void SetMembers(UniqueAddress self, UniqueAddress[] members) => _nodes[self].Change(joining => joining.SetMembers(members));

    /// <summary>A node is lost.</summary>
    public void Crash(UniqueAddress self)
    {
        _nodes.Remove(self);
        foreach (var node in _nodes.Values)
        {
            foreach (var route in node.Routes.Keys.Where(each => each.Node.Equals(self)).ToList())
                node.Routes.Remove(route);
            foreach (var (key, arrival) in node.Arrivals.ToList())
            {
                arrival.Place.Remove(self);
                if (arrival.From.Equals(self))
                    arrival.Place.LoseOldPlace();
                else
                    Pass(node, node, key, arrival, self);
                Settle(node, key, arrival);
            }
            foreach (var move in node.Departures.Where(each => self.Equals(each.Value.To)).Select(static each => each.Key).ToList())
                Leave(node, move);
        }
    }

    /// <summary>A new session begins on a node.</summary>
    public void Begin(UniqueAddress self, SessionKey key, int life)
    {
        var node = _nodes[self];
        node.Sessions[key] = new Session(life);
        AddFilter(node, key, life);
    }

    /// <summary>A session ends on a node.</summary>
    public void End(UniqueAddress self, SessionKey key)
    {
        var node = _nodes[self];
        if (node.Arrivals.Remove(key, out var arrival))
            TellOver(node, key, arrival);
        if (node.Sessions.Remove(key))
            RemoveFilter(node, key);
    }

    /// <summary>Whether a session may not be given up yet.</summary>
    public bool IsArriving(UniqueAddress self, SessionKey key) => _nodes[self].Arrivals.ContainsKey(key);

    /// <summary>Whether messages of a session may be on their way by a node where it was.</summary>
    public bool IsOldPlace(UniqueAddress self, SessionKey key) => _nodes[self].Departures.Keys.Any(each => each.Key == key);

    /// <summary>A session is given up: what it has received so far goes with it.</summary>
    public Session Freeze(UniqueAddress self, SessionKey key)
    {
        var node = _nodes[self];
        var session = node.Sessions[key];
        var departure = new Departure(session);
        departure.Place = new OldPlace<UniqueAddress, Action<UniqueAddress>>(item => item(departure.To!));
        node.Frozen[key] = departure;
        node.Sessions.Remove(key);
        return session.Copy();
    }

    /// <summary>A session that was given up stays.</summary>
    public void Restore(UniqueAddress self, SessionKey key)
    {
        var node = _nodes[self];
        if (!node.Frozen.Remove(key, out var departure))
            return;
        node.Sessions[key] = departure.Session;
        departure.To = self;
        departure.Place.Begin();
    }

    /// <summary>A session that was given up is on another node.</summary>
    public void Forget(UniqueAddress self, SessionKey key, long epoch, UniqueAddress to)
    {
        var node = _nodes[self];
        if (!node.Frozen.Remove(key, out var departure))
            return;
        (departure.To, departure.Epoch) = (to, epoch);
        node.Departures[(key, epoch)] = departure;
        if (!_nodes.ContainsKey(to) || to.Equals(self))
            Leave(node, (key, epoch));
    }

    /// <summary>A session comes to a node.</summary>
    public void Install(UniqueAddress self, SessionKey key, long epoch, UniqueAddress? from, Session session)
    {
        var node = _nodes[self];
        node.Sessions[key] = session;
        session.Epoch = epoch;
        if (from is null)
        {
            AddFilter(node, key, session.Life);
            return;
        }
        var arrival = new Arrival(session.Life, epoch, from, new NewPlace<UniqueAddress, (UniqueAddress Node, int Number)>(item => Receive(session, item)));
        foreach (var each in _nodes.Keys)
            arrival.Place.Add(each);
        if (!_nodes.ContainsKey(from))
            arrival.Place.LoseOldPlace();
        node.Arrivals[key] = arrival;
        AddFilter(node, key, session.Life, isNew: false);
        foreach (var each in _nodes.Values.ToList())
            To(node, each, () => Ask(node, each, key, arrival));
    }

    /// <summary>A node publishes to the topic of a session, and takes its time.</summary>
    public void Publish(UniqueAddress self, SessionKey key)
    {
        var node = _nodes[self];
        if (!node.Joining.IsOver || !node.Publishing.Add(key))
            return;
        var turn = node.Gate.Enter();
        var number = node.Next.GetValueOrDefault(key);
        node.Next[key] = number + 1;
        var places = node.Routes.Keys.Where(each => each.Key == key).Select(static each => each.Node).ToList();
        foreach (var life in node.Routes.Where(each => each.Key.Key == key && node.Known.Contains(each.Value) && each.Value != 0).Select(static each => each.Value).Distinct())
            node.Sent.Add((life, number));
        schedule(random.Next(3) == 0 ? random.Next(100) : 0, () =>
        {
            if (!_nodes.ContainsKey(self))
                return;
            foreach (var place in places)
            {
                if (place.Equals(self))
                    Deliver(node, key, (self, number), turn.Number);
                else if (_nodes.TryGetValue(place, out var other))
                    Send(node, other, () => Deliver(other, key, (self, number), turn.Number));
            }
            node.Gate.Leave(turn);
            node.Publishing.Remove(key);
        });
    }

    /// <summary>What is known of a session at the end.</summary>
    /// <param name="self">The node that has it.</param>
    /// <param name="key">The session.</param>
    /// <param name="mayLack">Whether a node that had a part in it was lost.</param>
    /// <returns>Null when it is as it must be.</returns>
    public string? Check(UniqueAddress self, SessionKey key, bool mayLack)
    {
        var session = _nodes[self].Sessions[key];
        if (session.Problem is { } problem)
            return $"{key.ClientId} got {problem}";
        foreach (var node in _nodes.Values)
        {
            var lost = node.Sent.Where(each => each.Life == session.Life && !session.Messages.Contains((node.Self, each.Number))).ToList();
            if (lost.Count > 0 && !mayLack)
                return $"{key.ClientId} lost {lost.Count} messages of {node.Self.Uid}, first {lost[0].Number}";
        }
        if (_nodes[self].Arrivals.Count + _nodes.Values.Sum(static each => each.Departures.Count) > 0)
            return "a move has no end";
        var places = _nodes.Values.SelectMany(static each => each.Routes.Keys).Where(each => each.Key == key).Distinct().Count();
        return places == 1 || everywhere.Contains(key) ? null : $"{key.ClientId} has routes to {places} nodes";
    }

    private void Receive(Session session, (UniqueAddress Node, int Number) message)
    {
        Received++;
        session.Messages.Add(message);
    }

    private void AddFilter(Node node, SessionKey key, int life, bool isNew = true)
    {
        if (isNew)
            node.Known.Add(life);
        node.Filters[key] = life;
        node.Routes[(key, node.Self)] = life;
        foreach (var other in _nodes.Values.Where(each => each != node))
        {
            Send(node, other, () =>
            {
                other.Routes[(key, node.Self)] = life;
                if (isNew)
                    other.Known.Add(life);
            });
        }
    }

    private void RemoveFilter(Node node, SessionKey key)
    {
        if (node.Sessions.ContainsKey(key) || node.Frozen.ContainsKey(key) || node.Departures.Keys.Any(each => each.Key == key))
            return;
        if (everywhere.Contains(key))
        {
            AddFilter(node, key, 0); // for the others
            return;
        }
        node.Filters.Remove(key);
        node.Routes.Remove((key, node.Self));
        foreach (var other in _nodes.Values.Where(each => each != node))
            Send(node, other, () => other.Routes.Remove((key, node.Self)));
    }

    /// <summary>In order, whatever the delay.</summary>
    private void Send(Node from, Node to, Action action)
    {
        var at = random.Next(10) == 0 ? random.Next(200) : random.Next(20);
        var link = (from.Links.TryGetValue(to.Self, out var queue) ? queue : from.Links[to.Self] = new Queue<Action>());
        link.Enqueue(action);
        schedule(at, () =>
        {
            // Each that is due takes the first one: the order holds.
            var next = link.Dequeue();
            if (_nodes.ContainsKey(to.Self) && _nodes.ContainsKey(from.Self))
                next();
        });
    }

    private void Deliver(Node node, SessionKey key, (UniqueAddress Node, int Number) message, long turn)
    {
        // All targets of the node that are in its routes get it, each for itself.
        if (node.Sessions.TryGetValue(key, out var session))
        {
            if (!node.Arrivals.TryGetValue(key, out var arrival))
            {
                Receive(session, message);
            }
            else
            {
                var where = arrival.Place.Of(message.Node, turn);
                if (where == NewPlace<UniqueAddress, (UniqueAddress, int)>.Where.Here)
                    Receive(session, message);
                else if (where == NewPlace<UniqueAddress, (UniqueAddress, int)>.Where.HereLater)
                    arrival.Place.Keep(message.Node, message);
            }
        }
        foreach (var departure in node.Departures.Where(each => each.Key.Key == key).Select(static each => each.Value).Concat(
            node.Frozen.TryGetValue(key, out var frozen) ? [frozen] : []).ToList())
        {
            if (!departure.Place.IsHere(message.Node, turn))
                continue;
            departure.Place.Put(to =>
            {
                if (to.Equals(node.Self))
                    Receive(departure.Session, message);
                else if (_nodes.TryGetValue(to, out var other))
                    Send(node, other, () => Forwarded(other, key, departure.Epoch, message));
            });
        }
    }

    private void Forwarded(Node node, SessionKey key, long epoch, (UniqueAddress Node, int Number) message)
    {
        if (node.Sessions.TryGetValue(key, out var session) && session.Epoch == epoch)
            Receive(session, message);
    }

    private void Ask(Node to, Node node, SessionKey key, Arrival arrival)
    {
        if (node.Departures.TryGetValue((key, arrival.Epoch), out var departure))
            departure.Place.Begin();
        if (node.HasCut.Add((key, arrival.Epoch)))
            node.Gate.Next(turn => Announce(node, to, key, arrival, turn), () => Pass(node, to, key, arrival, node.Self));
    }

    private void Announce(Node node, Node to, SessionKey key, Arrival arrival, long turn)
    {
        node.Known.Add(arrival.Life);
        To(node, to, () =>
        {
            arrival.Place.Cut(node.Self, turn);
            Settle(to, key, arrival);
        });
        if (_nodes.TryGetValue(arrival.From, out var old))
        {
            To(node, old, () =>
            {
                if (old.Departures.TryGetValue((key, arrival.Epoch), out var departure))
                    departure.Place.Cut(node.Self, turn);
            });
        }
    }

    private void Pass(Node node, Node to, SessionKey key, Arrival arrival, UniqueAddress of)
    {
        if (node.Self.Equals(of))
        {
            To(node, to, () =>
            {
                arrival.Place.Drain(of);
                Settle(to, key, arrival);
            });
        }
        if (!_nodes.TryGetValue(arrival.From, out var old))
            return;
        To(node, old, () =>
        {
            if (old.Departures.TryGetValue((key, arrival.Epoch), out var departure))
                departure.Place.Put(_ => Send(old, to, Passed));
            else
                Send(old, to, Passed);
        });

        void Passed()
        {
            arrival.Place.Pass(of);
            Settle(to, key, arrival);
        }
    }

    private void To(Node from, Node to, Action action)
    {
        if (from == to)
            action();
        else
            Send(from, to, action);
    }

    private void Settle(Node node, SessionKey key, Arrival arrival)
    {
        if (!arrival.Place.IsOver || !node.Arrivals.TryGetValue(key, out var current) || current != arrival)
            return;
        if (!_nodes.TryGetValue(arrival.From, out var old))
        {
            node.Arrivals.Remove(key);
            return;
        }
        To(node, old, () =>
        {
            if (old.Departures.TryGetValue((key, arrival.Epoch), out var departure) && !departure.Place.HasCuts(_nodes.Keys))
                return; // it is asked again
            Leave(old, (key, arrival.Epoch));
            To(old, node, () =>
            {
                if (!node.Arrivals.TryGetValue(key, out var current) || current != arrival)
                    return;
                arrival.Place.LoseOldPlace();
                node.Arrivals.Remove(key);
            });
        });
    }

    private void TellOver(Node node, SessionKey key, Arrival arrival)
    {
        if (_nodes.TryGetValue(arrival.From, out var old))
            To(node, old, () => Leave(old, (key, arrival.Epoch)));
    }

    private void Leave(Node node, (SessionKey Key, long Epoch) move)
    {
        if (node.Departures.Remove(move))
            RemoveFilter(node, move.Key);
    }
}
