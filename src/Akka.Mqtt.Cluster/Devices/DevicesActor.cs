using Akka.Actor;
using Akka.Cluster;
using Akka.Event;
using Akka.Mqtt.Server;
using Akka.Mqtt.Server.Routing;
using Akka.Mqtt.Server.Shared;

namespace Akka.Mqtt.Cluster.Devices;

/// <summary>
/// The devices of the cluster, for the actors of one node. It keeps the list of the other nodes, and passes messages to
/// <see cref="DeviceCalls"/>, <see cref="LocalDevices"/>, <see cref="DeviceEventSource"/> and <see cref="DeviceSubscribers"/>. It has the
/// same path on all nodes.
/// </summary>
internal sealed class DevicesActor : UntypedActor, IWithTimers, IDeviceNodes
{
    /// <summary>Its name among the system actors.</summary>
    public const string Name = "mqtt-devices";

    private readonly global::Akka.Cluster.Cluster _cluster = global::Akka.Cluster.Cluster.Get(Context.System);
    private readonly Dictionary<UniqueAddress, (ActorSelection Actor, bool IsReachable)> _peers = [];
    private readonly DeviceCalls _calls;
    private readonly DeviceEventSource _source;
    private readonly DeviceSubscribers _subscribers;
    private readonly LocalDevices _local;
    private MqttClusterSettings _settings;
    private bool _isListening;
    private bool _isFlushing; // Flush is in the mailbox

    public DevicesActor(MqttClusterSettings settings)
    {
        _settings = settings;
        _calls = new DeviceCalls(this);
        _local = new LocalDevices(this, Self);
        _source = new DeviceEventSource(this);
        _subscribers = new DeviceSubscribers(this);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    UniqueAddress IDeviceNodes.Self => _cluster.SelfUniqueAddress;

    MqttClusterSettings IDeviceNodes.Settings => _settings;

    bool IDeviceNodes.HasServer => _local.Server is not null;

    IEnumerable<(UniqueAddress Node, bool IsReachable)> IDeviceNodes.Others => _peers.Select(static each => (each.Key, each.Value.IsReachable));

    public static Props PropsFor(MqttClusterSettings settings) => Props.Create(() => new DevicesActor(settings)).WithDeploy(Deploy.Local);

    void IDeviceNodes.Send(UniqueAddress to, DeviceMessage message)
    {
        if (to.Equals(_cluster.SelfUniqueAddress))
            Self.Tell(message);
        else if (_peers.TryGetValue(to, out var peer))
            peer.Actor.Tell(message);
    }

    void IDeviceNodes.After(TimeSpan time, object message) => Timers.StartSingleTimer(message, message, time);

    void IDeviceNodes.Forget(object message) => Timers.Cancel(message);

    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(static _ => Directive.Stop);

    protected override void PreStart()
    {
        _cluster.Subscribe(
            Self, ClusterEvent.SubscriptionInitialStateMode.InitialStateAsEvents, typeof(ClusterEvent.IMemberEvent), typeof(ClusterEvent.IReachabilityEvent));
        Timers.StartPeriodicTimer(Tick.Instance, Tick.Instance, TimeSpan.FromSeconds(1));
    }

    protected override void PostStop() => _cluster.Unsubscribe(Self);

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case MqttDevices.Command command:
                _calls.Begin(command, Sender);
                break;
            case DeviceFound found:
                _calls.Found(found.From, found.Call, found.Presence);
                break;
            case DeviceResult result:
                _calls.End(result.From, result.Call, result.Answer);
                break;
            case DeviceCalls.Expired expired:
                _calls.Expire(expired.Call);
                break;
            case DeviceCalls.SeekAgain again:
                _calls.Seek(again.Call);
                break;
            case DeviceSought sought:
                Sender.Tell(new DeviceFound(_cluster.SelfUniqueAddress, sought.Call, _local.PresenceOf(sought.ClientId)));
                break;
            case DeviceCall call:
                _local.Do(call, Sender);
                break;
            case Deliver answers:
                _local.Answered(answers);
                break;
            case LocalDevices.GaveUp gaveUp:
                _local.GiveUp(gaveUp);
                break;
            case MqttServerEvent happened when _local.Server is { } server && happened.Admin.Equals(server.Admin):
                Happened(happened);
                break;
            case MqttServerEvent:
                break; // of another server of this system
            case EventsWanted { IsWanted: true } late when _cluster.State.Members.All(each => !each.UniqueAddress.Equals(late.From)):
                break; // the node has left, or is not yet known here; in that case it asks again
            case EventsWanted wanted:
                _source.Wanted(wanted, Sender);
                Listen();
                break;
            case DeviceEvents events:
                _subscribers.Take(events);
                break;
            case Flush:
                _isFlushing = false;
                _source.Flush();
                break;
            case MqttDevices.Subscribe subscribe:
                Context.Watch(subscribe.Subscriber);
                _subscribers.Add(subscribe.Subscriber);
                Listen();
                break;
            case MqttDevices.Unsubscribe unsubscribe:
                Context.Unwatch(unsubscribe.Subscriber);
                _subscribers.Remove(unsubscribe.Subscriber);
                Listen();
                break;
            case Terminated terminated:
                _subscribers.Remove(terminated.ActorRef);
                Listen();
                break;
            case ActorIdentity { MessageId: IActorRef subscriber }:
                _subscribers.HasHandled(subscriber);
                break;
            case Tick:
                _subscribers.Renew();
                break;
            case Serve serve:
                _settings = serve.Settings;
                _local.Use(serve.Context);
                Listen();
                break;
            case Served served when ReferenceEquals(_local.Server?.Stopped, served.Context.Stopped):
                _local.Use(null);
                Listen();
                break;
            case Served:
                break;
            case ClusterEvent.IMemberEvent or ClusterEvent.IReachabilityEvent:
                Changed(message);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void Happened(MqttServerEvent happened)
    {
        if (LocalDevices.EventOf(happened, _cluster.SelfAddress) is not { } @event)
            return;
        _subscribers.Tell(@event);
        _source.Add(@event);
        if (_isFlushing)
            return;
        _isFlushing = true;
        Self.Tell(Flush.Instance, ActorRefs.NoSender); // behind the messages in the mailbox now, whose events are sent together
    }

    /// <summary>Subscribes to the events of the server while an actor wants them.</summary>
    private void Listen()
    {
        var listens = _local.Server is not null && (_subscribers.Any || _source.IsWanted);
        if (listens == _isListening)
            return;
        _isListening = listens;
        foreach (var type in new[] { typeof(ClientConnected), typeof(ClientDisconnected) })
        {
            if (listens)
                Context.System.EventStream.Subscribe(Self, type);
            else
                Context.System.EventStream.Unsubscribe(Self, type);
        }
    }

    private void Changed(object message)
    {
        switch (message)
        {
            case ClusterEvent.MemberUp or ClusterEvent.MemberWeaklyUp or ClusterEvent.MemberLeft or ClusterEvent.MemberExited:
                var member = ((ClusterEvent.IMemberEvent)message).Member;
                if (member.UniqueAddress.Equals(_cluster.SelfUniqueAddress) || _peers.ContainsKey(member.UniqueAddress))
                    return;
                if (_settings.Role.Length > 0 && !member.HasRole(_settings.Role))
                    return;
                _peers.Add(member.UniqueAddress, (Context.ActorSelection(new RootActorPath(member.Address) / Self.Path.Elements), true));
                _subscribers.Renew(member.UniqueAddress);
                break;
            case ClusterEvent.MemberRemoved removed:
                _source.Remove(removed.Member.UniqueAddress);
                Listen();
                if (!_peers.Remove(removed.Member.UniqueAddress))
                    return;
                _calls.Lost(removed.Member.UniqueAddress);
                _subscribers.Lost(removed.Member.UniqueAddress);
                break;
            case ClusterEvent.UnreachableMember unreachable:
                SetReachable(unreachable.Member.UniqueAddress, false);
                break;
            case ClusterEvent.ReachableMember reachable:
                SetReachable(reachable.Member.UniqueAddress, true);
                break;
        }
    }

    private void SetReachable(UniqueAddress node, bool isReachable)
    {
        if (!_peers.TryGetValue(node, out var peer))
            return;
        _peers[node] = (peer.Actor, isReachable);
        if (!isReachable)
            _calls.Lost(node);
    }

    /// <summary>A server of this node has started.</summary>
    internal sealed record Serve(ServerContext Context, MqttClusterSettings Settings) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    /// <summary>The server has stopped.</summary>
    internal sealed record Served(ServerContext Context) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    private sealed class Tick : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly Tick Instance = new();
    }

    private sealed class Flush : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly Flush Instance = new();
    }
}
