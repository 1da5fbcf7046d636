using Akka.Actor;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;
using Akka.Mqtt.Server.Routing;
using Akka.Mqtt.Server.Shared;
using Akka.Mqtt.Server.Telemetry;

namespace Akka.Mqtt.Server.Local;

/// <summary>
/// One subscription of an actor of this process. It forwards messages of publishers to the subscriber. Behind each batch it sends an
/// <see cref="Identify"/>, which every actor answers in mailbox order, to learn how many messages the subscriber has handled. Publishers
/// get credit only for handled messages, so neither mailbox grows beyond <c>max-unhandled-messages</c>. It lives as long as the
/// subscriber, or until the subscription is disposed.
/// </summary>
internal sealed class LocalSubscriberActor : UntypedActor
{
    private readonly ServerContext _context;
    private readonly LocalActor.Subscribe _command;
    private readonly ActorTarget _target;
    private readonly SessionSubscription _subscription;
    private int _unconfirmed;
    private int _probed;

    public LocalSubscriberActor(ServerContext context, LocalActor.Subscribe command)
    {
        _context = context;
        _command = command;
        SharedFilter? shared = SharedFilter.TryParse(command.Subscription.Filter, out var parsed) ? parsed : null;
        _subscription = new SessionSubscription(command.Subscription, 0, shared);
        _target = new ActorTarget("", Self, context.Settings.MaxUnhandledMessages, context.Routing.Stuck) { IsConnected = true };
    }

    private Subscription Subscription => _command.Subscription;

    public static Props PropsFor(ServerContext context, LocalActor.Subscribe command) =>
        Props.Create(() => new LocalSubscriberActor(context, command)).WithDeploy(Deploy.Local);

    protected override void PreStart()
    {
        Context.Watch(_command.Subscriber);
        var version = _context.Routing.Apply(_target, [RouteChange.Of(_subscription, Subscriber.Of(_target, _subscription))]);
        _context.Stats.AddSubscription(Subscription.Filter, 1);
        SendRetained(version);
        _command.Done.TrySetResult(Self);
    }

    protected override void PostStop()
    {
        _target.Close();
        _context.Routing.Apply(_target, [RouteChange.Of(_subscription, null)]);
        _context.Stats.AddSubscription(Subscription.Filter, -1);
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Deliver deliver:
                Pass(deliver.Packets);
                break;
            case ActorIdentity:
                _target.ReturnCredit(_probed);
                _unconfirmed -= _probed;
                _probed = 0;
                Probe();
                break;
            case Terminated:
                Context.Stop(Self);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void Pass(Publish[] packets)
    {
        _command.Subscriber.Tell(new MqttServer.Messages(Subscription, MqttList.Wrap(packets)));
        _context.Stats.Traffic.Add(new TrafficCounts { MessagesSent = packets.Length });
        _unconfirmed += packets.Length;
        Probe();
    }

    private void Probe()
    {
        if (_probed > 0 || _unconfirmed == 0)
            return;
        _probed = _unconfirmed;
        _command.Subscriber.Tell(new Identify(null));
    }

    private void SendRetained(long version)
    {
        if (Subscription.RetainHandling == RetainHandling.DoNotSend || SharedFilter.IsShared(Subscription.Filter))
            return;
        _context.Routing.AwaitRetaining();
        var packets = new List<Publish>();
        foreach (var retained in _context.Retained.Match(Subscription.Filter))
        {
            if (retained.RoutedBy >= version || !retained.Message.TryGet(_context.UtcNow, out var packet))
                continue;
            packets.Add(packet!.QoS > Subscription.QoS ? packet with { QoS = Subscription.QoS } : packet);
            if (packets.Count < 1000)
                continue;
            Send();
        }
        Send();

        void Send()
        {
            if (packets.Count == 0)
                return;
            if (_target.TryReserve(packets.Count))
                Pass([.. packets]);
            else
                _context.Drops.Add(DropReason.SessionBehind, packets.Count);
            packets.Clear();
        }
    }
}
