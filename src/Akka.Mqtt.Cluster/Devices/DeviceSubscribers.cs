using Akka.Actor;
using Akka.Cluster;

namespace Akka.Mqtt.Cluster.Devices;

/// <summary>
/// The actors that this node tells events of all nodes. How far one is behind it knows by <see cref="Identify"/>, which every actor answers by itself, in the order
/// of its mailbox. Owned by one actor.
/// </summary>
/// <param name="nodes">The nodes.</param>
internal sealed class DeviceSubscribers(IDeviceNodes nodes)
{
    private readonly Dictionary<IActorRef, Subscriber> _subscribers = [];
    private readonly Dictionary<UniqueAddress, long> _taken = []; // by node, the number of the event that comes next
    private long _stream;

    /// <summary>Whether there are some.</summary>
    public bool Any => _subscribers.Count > 0;

    /// <summary>An actor wants events.</summary>
    public void Add(IActorRef subscriber)
    {
        subscriber.Tell(new MqttDevices.Subscribed());
        if (!_subscribers.TryAdd(subscriber, new Subscriber()) || _subscribers.Count > 1)
            return;
        _stream = Math.Max(_stream + 1, DateTime.UtcNow.Ticks);
        Renew();
    }

    /// <summary>An actor wants no more.</summary>
    public void Remove(IActorRef subscriber)
    {
        if (!_subscribers.Remove(subscriber) || _subscribers.Count > 0)
            return;
        foreach (var (node, _) in nodes.Others)
            nodes.Send(node, new EventsWanted(nodes.Self, _stream, 0, false));
        _taken.Clear();
    }

    /// <summary>Tells all nodes again that events are wanted: the message may be lost.</summary>
    public void Renew()
    {
        if (!Any)
            return;
        foreach (var (node, isReachable) in nodes.Others)
        {
            if (isReachable)
                Renew(node);
        }
    }

    /// <summary>Tells a node that events are wanted, and which have come.</summary>
    public void Renew(UniqueAddress node)
    {
        if (Any)
            nodes.Send(node, new EventsWanted(nodes.Self, _stream, _taken.GetValueOrDefault(node), true));
    }

    /// <summary>Events of another node came.</summary>
    public void Take(DeviceEvents events)
    {
        if (events.Stream != _stream || !Any)
        {
            nodes.Send(events.From, new EventsWanted(nodes.Self, events.Stream, 0, false)); // the message that nobody wants them may have been lost
            Renew(events.From);
            return;
        }
        var expected = _taken.GetValueOrDefault(events.From);
        if (events.First < expected)
            return;
        if (events.First > expected)
            Tell(new MqttDevices.EventsLost(events.From.Address, events.First - expected));
        _taken[events.From] = events.First + events.Events.Length;
        foreach (var each in events.Events)
            Tell(each);
        Renew(events.From);
    }

    /// <summary>A node has left.</summary>
    public void Lost(UniqueAddress node)
    {
        _taken.Remove(node);
        Tell(new MqttDevices.NodeLost(node.Address));
    }

    /// <summary>Tells all subscribers an event.</summary>
    public void Tell(MqttDevices.Event @event)
    {
        foreach (var (subscriber, state) in _subscribers)
        {
            if (state.Lost > 0 || state.Unhandled >= nodes.Settings.MaxDeviceEvents)
            {
                state.Lost += @event is MqttDevices.EventsLost lost ? lost.Count : 1;
                continue;
            }
            subscriber.Tell(@event);
            state.Unhandled++;
            Probe(subscriber, state);
        }
    }

    /// <summary>A subscriber has handled what it was told before it was asked.</summary>
    public void HasHandled(IActorRef subscriber)
    {
        if (!_subscribers.TryGetValue(subscriber, out var state))
            return;
        state.Unhandled -= state.Probed;
        state.Probed = 0;
        if (state.Lost > 0 && state.Unhandled <= nodes.Settings.MaxDeviceEvents / 2)
        {
            subscriber.Tell(new MqttDevices.EventsLost(nodes.Self.Address, state.Lost));
            state.Lost = 0;
            state.Unhandled++;
        }
        Probe(subscriber, state);
    }

    private static void Probe(IActorRef subscriber, Subscriber state)
    {
        if (state.Probed > 0 || state.Unhandled == 0)
            return;
        state.Probed = state.Unhandled;
        subscriber.Tell(new Identify(subscriber));
    }

    private sealed class Subscriber
    {
        /// <summary>Events told, and not known to be handled.</summary>
        public int Unhandled { get; set; }

        /// <summary>Those of them that the next answer confirms; 0 when it is not asked.</summary>
        public int Probed { get; set; }

        /// <summary>Events that were not told.</summary>
        public long Lost { get; set; }
    }
}
