using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Publishing;
using Akka.Mqtt.Server.Routing;
using Akka.Mqtt.Server.Shared;
using Akka.Mqtt.Server.Telemetry;

namespace Akka.Mqtt.Server.Local;

/// <summary>
/// Publishes for code of this process, and is the parent of its subscribers. It gathers all messages in its mailbox and sends one batch to
/// each target. Then it completes the tasks of the callers.
/// </summary>
internal sealed class LocalActor : UntypedActor, IWithTimers
{
    private readonly ServerContext _context;
    private readonly Publisher _publisher;
    private readonly Dictionary<Receipt, List<Taken>> _waiting = []; // handed over, but not safe with all targets yet
    private List<Taken> _taken = [];

    public LocalActor(ServerContext context)
    {
        _context = context;
        _publisher = new Publisher(context, "", owner: Self, waitsForStore: true); // no client can have an empty identifier
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props PropsFor(ServerContext context) => Props.Create(() => new LocalActor(context)).WithDeploy(Deploy.Local);

    // A failure concerns one message or one subscriber. Its caller gets the exception; the others continue.
    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(static _ => Directive.Stop);

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case PublishAll publish:
                if (_taken.Count == 0)
                    Self.Tell(Flush.Instance); // handled after all messages that are in the mailbox now
                _taken.Add(new Taken(publish.Done, Publish(publish.Packets.Span)));
                break;
            case Flush:
                HandOver();
                break;
            case Receipt receipt:
                Timers.Cancel(receipt);
                if (_waiting.Remove(receipt, out var safe))
                    Answer(safe);
                break;
            case StopWaiting late:
                if (_waiting.ContainsKey(late.Receipt))
                    late.Receipt.StopWaiting();
                break;
            case Subscribe subscribe:
                Context.ActorOf(LocalSubscriberActor.PropsFor(_context, subscribe));
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void HandOver()
    {
        var taken = _taken;
        if (_publisher.Flush() is { } receipt)
        {
            _taken = [];
            _waiting.Add(receipt, taken);
            if (_context.Settings.DeliveryTimeout is { } limit)
                Timers.StartSingleTimer(receipt, new StopWaiting(receipt), limit);
            return;
        }
        Answer(taken);
        taken.Clear();
    }

    private static void Answer(List<Taken> taken)
    {
        foreach (var (done, codes) in taken)
            done.TrySetResult(MqttList.Wrap(codes));
    }

    private ReasonCode[] Publish(ReadOnlySpan<Publish> packets)
    {
        var codes = new ReasonCode[packets.Length];
        var counts = new TrafficCounts();
        var refusesStuck = _context.Routing.Stuck.Any;
        for (var at = 0; at < packets.Length; at++)
        {
            codes[at] = packets[at].Retain && !_context.Settings.Features.RetainAvailable
                ? ReasonCode.RetainNotSupported
                : refusesStuck && packets[at].QoS != QualityOfService.AtMostOnce && _publisher.IsForStuck(packets[at]) ? ReasonCode.QuotaExceeded
                : _publisher.Add(packets[at]);
            counts.MessagesReceived++;
            counts.PayloadReceived += packets[at].Payload.Length;
        }
        _context.Stats.Traffic.Add(counts);
        return codes;
    }

    /// <summary>Messages to publish.</summary>
    internal sealed record PublishAll(MqttList<Publish> Packets, TaskCompletionSource<MqttList<ReasonCode>> Done)
        : INoSerializationVerificationNeeded;

    /// <summary>A subscriber to serve.</summary>
    internal sealed record Subscribe(Subscription Subscription, IActorRef Subscriber, TaskCompletionSource<IActorRef> Done)
        : INoSerializationVerificationNeeded;

    private readonly record struct Taken(TaskCompletionSource<MqttList<ReasonCode>> Done, ReasonCode[] Codes);

    private sealed record StopWaiting(Receipt Receipt) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    private sealed class Flush : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly Flush Instance = new();
    }
}
