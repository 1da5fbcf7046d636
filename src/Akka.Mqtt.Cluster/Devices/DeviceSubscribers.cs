using Akka.Actor;
using Akka.Cluster;

namespace Akka.Mqtt.Cluster.Devices;

/// <summary>
/// The actors that receive events of all nodes from this node. <see cref="Identify"/> shows how far each is behind: every actor answers it
/// automatically, in the order of its mailbox. Owned by one actor.
/// </summary>
/// <param name="nodes">The nodes.</param>
internal sealed class DeviceSubscribers(IDeviceNodes nodes)
{
    private readonly Dictionary<IActorRef, Subscriber> _subscribers = [];
    private readonly Dictionary<UniqueAddress, long> _taken = []; // by node, the number of the next event
    private long _stream;

    /// <summary>Whether an actor has subscribed.</summary>
    public bool Any => _subscribers.Count > 0;

    /// <summary>Subscribes an actor.</summary>
    public void Add(IActorRef subscriber)
    {
        subscriber.Tell(new MqttDevices.Subscribed());
        if (!_subscribers.TryAdd(subscriber, new Subscriber()) || _subscribers.Count > 1)
            return;
        _stream = Math.Max(_stream + 1, DateTime.UtcNow.Ticks);
        Renew();
    }

    /// <summary>Unsubscribes an actor.</summary>
    public void Remove(IActorRef subscriber)
    {
        if (!_subscribers.Remove(subscriber) || _subscribers.Count > 0)
            return;
        foreach (var (node, _) in nodes.Others)
            nodes.Send(node, new EventsWanted(nodes.Self, _stream, 0, false));
        _taken.Clear();
    }

    /// <summary>Sends the subscription to all nodes again, because the message may be lost.</summary>
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

    /// <summary>Sends a node the subscription, and confirms its events.</summary>
    public void Renew(UniqueAddress node)
    {
        if (Any)
            nodes.Send(node, new EventsWanted(nodes.Self, _stream, _taken.GetValueOrDefault(node), true));
    }

    /// <summary>Handles events of another node.</summary>
    public void Take(DeviceEvents events)
    {
        if (events.Stream != _stream || !Any)
        {
            nodes.Send(events.From, new EventsWanted(nodes.Self, events.Stream, 0, false)); // the message that ended the subscription may have been lost
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

    /// <summary>Sends an event to all subscribers.</summary>
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

    /// <summary>A subscriber has handled all events that were sent before the last Identify.</summary>
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
        /// <summary>Events that were sent, and may not be handled yet.</summary>
        public int Unhandled { get; set; }

        /// <summary>The number of them that the next answer confirms; 0 when none is expected.</summary>
        public int Probed { get; set; }

        /// <summary>Events that were not sent.</summary>
        public long Lost { get; set; }
    }
}
