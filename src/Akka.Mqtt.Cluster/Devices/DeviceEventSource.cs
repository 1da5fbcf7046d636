using Akka.Actor;
using Akka.Cluster;

namespace Akka.Mqtt.Cluster.Devices;

/// <summary>
/// Sends the events of this node to the nodes that subscribed. All events have numbers. Events are left out when too many are unconfirmed;
/// the other node counts the missing numbers. Not thread safe; owned by one actor.
/// </summary>
/// <param name="nodes">This node, and settings.</param>
internal sealed class DeviceEventSource(IDeviceNodes nodes)
{
    private readonly Dictionary<UniqueAddress, Watcher> _watchers = [];

    /// <summary>Whether a node has subscribed.</summary>
    public bool IsWanted => _watchers.Count > 0;

    /// <summary>A node subscribes, unsubscribes, or confirms events.</summary>
    /// <param name="wanted">The message.</param>
    /// <param name="to">The actor of the node.</param>
    public void Wanted(EventsWanted wanted, IActorRef to)
    {
        if (!wanted.IsWanted)
        {
            _watchers.Remove(wanted.From);
            return;
        }
        if (!_watchers.TryGetValue(wanted.From, out var watcher) || watcher.Stream != wanted.Stream)
            _watchers[wanted.From] = watcher = new Watcher(wanted.Stream, to);
        watcher.Taken = Math.Max(watcher.Taken, wanted.Taken);
        if (watcher.Pending.Count == 0 && watcher.Taken < watcher.Next)
            watcher.Actor.Tell(new DeviceEvents(nodes.Self, watcher.Stream, watcher.Next, [])); // the last events may be lost, or were left out
    }

    /// <summary>Adds an event.</summary>
    public void Add(MqttDevices.Event @event)
    {
        foreach (var watcher in _watchers.Values)
        {
            var size = DeviceSizes.Of(@event);
            var isLeftOut = watcher.Next - watcher.Taken >= nodes.Settings.MaxDeviceEvents || size > nodes.Settings.FrameSize;
            if (isLeftOut || watcher.Bytes + size > nodes.Settings.FrameSize)
                Send(watcher);
            watcher.Next++;
            if (isLeftOut)
                continue;
            watcher.Pending.Add(@event);
            watcher.Bytes += size;
        }
    }

    /// <summary>Sends the added events.</summary>
    public void Flush()
    {
        foreach (var watcher in _watchers.Values)
            Send(watcher);
    }

    /// <summary>A node has left.</summary>
    public void Remove(UniqueAddress node) => _watchers.Remove(node);

    private void Send(Watcher watcher)
    {
        if (watcher.Pending.Count == 0)
            return;
        watcher.Actor.Tell(new DeviceEvents(nodes.Self, watcher.Stream, watcher.Next - watcher.Pending.Count, [.. watcher.Pending]));
        watcher.Pending.Clear();
        watcher.Bytes = 0;
    }

    private sealed class Watcher(long stream, IActorRef actor)
    {
        public IActorRef Actor { get; } = actor;

        public long Stream { get; } = stream;

        /// <summary>The number of the next event.</summary>
        public long Next { get; set; }

        /// <summary>Events below this number are confirmed.</summary>
        public long Taken { get; set; }

        /// <summary>Events that are to be sent, with the numbers before <see cref="Next"/>.</summary>
        public List<MqttDevices.Event> Pending { get; } = [];

        public int Bytes { get; set; }
    }
}
