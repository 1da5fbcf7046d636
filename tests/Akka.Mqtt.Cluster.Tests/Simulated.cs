using Akka.Cluster;
using Akka.Mqtt.Cluster.Directory;
using Akka.Mqtt.Cluster.Nodes;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Routing;

namespace Akka.Mqtt.Cluster.Tests;

/// <summary>What the nodes of <see cref="SimulatedMessages"/> have: their sessions, filters, links and moves.</summary>
internal static class Simulated
{
    /// <summary>A session, and what it has received.</summary>
    internal sealed class Session(int life)
    {
        public int Life { get; } = life;

        /// <summary>The move by which it came.</summary>
        public long Epoch { get; set; }

        public List<(UniqueAddress Node, int Number)> Messages { get; } = [];

        /// <summary>What is wrong with the messages of one node; null when each came once, in order.</summary>
        public string? Problem
        {
            get
            {
                foreach (var (node, numbers) in Messages.GroupBy(static each => each.Node).Select(static each => (each.Key, each.Select(static one => one.Number).ToList())))
                {
                    if (numbers.Distinct().Count() < numbers.Count)
                        return $"a message of {node.Uid} twice";
                    if (!numbers.SequenceEqual(numbers.Order()))
                        return $"messages of {node.Uid} in the wrong order";
                }
                return null;
            }
        }

        public Session Copy()
        {
            var copy = new Session(Life);
            copy.Messages.AddRange(Messages);
            return copy;
        }
    }

    internal sealed class Node(UniqueAddress self, Action joined)
    {
        public UniqueAddress Self { get; } = self;

        public FlushGate Gate { get; } = new();

        /// <summary>Whether it knows the filters of the others: before that it has no clients.</summary>
        public Joining Joining { get; } = new(self);

        public Dictionary<SessionKey, Session> Sessions { get; } = [];

        /// <summary>Sessions that are given up, and that no other node has yet.</summary>
        public Dictionary<SessionKey, Departure> Frozen { get; } = [];

        public Dictionary<(SessionKey Key, long Epoch), Departure> Departures { get; } = [];

        public Dictionary<SessionKey, Arrival> Arrivals { get; } = [];

        /// <summary>Its topics, and the lives of the sessions that it has them for; 0 when there are only others.</summary>
        public Dictionary<SessionKey, int> Filters { get; } = [];

        /// <summary>Which nodes have which filter, as far as this one knows.</summary>
        public Dictionary<(SessionKey Key, UniqueAddress Node), int> Routes { get; } = [];

        /// <summary>
        /// The lives whose subscriptions are in force here: word of them has come from the node where they began, or since then the cut of this node for a later place.
        /// Who has heard of the later place alone has not heard of the subscription yet.
        /// </summary>
        public HashSet<int> Known { get; } = [];

        /// <summary>What it has published when it knew of a session.</summary>
        public List<(int Life, int Number)> Sent { get; } = [];

        public Dictionary<UniqueAddress, Queue<Action>> Links { get; } = [];

        public HashSet<(SessionKey Key, long Epoch)> HasCut { get; } = [];

        public HashSet<SessionKey> Publishing { get; } = [];

        public Dictionary<SessionKey, int> Next { get; } = [];

        /// <summary>Changes what it knows of the others.</summary>
        public void Change(Action<Joining> change)
        {
            var wasOver = Joining.IsOver;
            change(Joining);
            if (Joining.IsOver && !wasOver)
                joined();
        }
    }

    internal sealed class Departure(Session session)
    {
        public Session Session { get; } = session;

        public OldPlace<UniqueAddress, Action<UniqueAddress>> Place { get; set; } = null!;

        public UniqueAddress? To { get; set; }

        public long Epoch { get; set; }
    }

    internal sealed class Arrival(int life, long epoch, UniqueAddress from, NewPlace<UniqueAddress, (UniqueAddress Node, int Number)> place)
    {
        public int Life { get; } = life;

        public long Epoch { get; } = epoch;

        public UniqueAddress From { get; } = from;

        public NewPlace<UniqueAddress, (UniqueAddress Node, int Number)> Place { get; } = place;
    }
}
