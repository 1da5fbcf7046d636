using System.Diagnostics;
using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;

namespace Akka.Mqtt.ManagedClient;

/// <summary>
/// Handles messages in lanes. The Receive Maximum limits waiting messages of QoS 1 and 2, and max-waiting-bytes those of QoS 0. The lanes never wait for a
/// command of the client, so a handler that publishes cannot block them for ever.
/// </summary>
internal sealed class LanesActor : UntypedActor, IWithTimers
{
    private readonly MqttLanesSettings _settings;
    private readonly Func<Publish, CancellationToken, ValueTask> _handle;
    private readonly IActorRef? _listener;
    private readonly Func<double> _random;
    private readonly Lane[] _lanes;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly IActorRef _self;
    private bool _hasProperties = true; // of the version of the client
    private long _waitingBytes;

    public LanesActor(MqttLanesSettings settings, Func<Publish, CancellationToken, ValueTask> handle, IActorRef? listener, Func<double> random)
    {
        _settings = settings;
        _handle = handle;
        _listener = listener;
        _random = random;
        _self = Self;
        _lanes = new Lane[settings.Count];
        for (var at = 0; at < _lanes.Length; at++)
            _lanes[at] = new Lane();
    }

    public ITimerScheduler Timers { get; set; } = null!;

    private static TimeSpan Clock => Context.System.Scheduler.MonotonicClock;

    protected override void PreStart()
    {
        if (_settings.Timeout is not { } timeout)
            return;
        // One timer for all lanes, not one for each message: an attempt ends after its time-out and at most an eighth of it.
        var period = TimeSpan.FromTicks(Math.Max(timeout.Ticks / 8, TimeSpan.TicksPerMillisecond));
        Timers.StartPeriodicTimer("tick", Tick.Instance, period);
    }

    protected override void PostStop()
    {
        foreach (var lane in _lanes)
        {
            foreach (var work in lane.Works)
            {
                if (work.Acknowledgement is Delivery delivery)
                    work.Source.Tell(new Returned(delivery), _self);
            }
            lane.End(cancel: true);
        }
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case MqttClient.Received received:
                Receive(received);
                break;
            case Delivery delivery:
                Add(delivery.Packet, delivery.Packet.QoS == QualityOfService.AtMostOnce ? null : delivery);
                break;
            case Done done:
                if (done.Work.Lane is var lane && lane.IsCurrent(done.Work, done.Attempt))
                    EndAttempt(lane, done.Failure);
                break;
            case Again again:
                if (again.Lane.First.Failure is null)
                    Run(again.Lane);
                else
                    PublishDeadLetter(again.Lane.First);
                break;
            case Tick:
                EndLate();
                break;
            case MqttClient.Outcome { Correlation: LaneWork work } outcome:
                EndDeadLetter(work, outcome);
                break;
            case MqttClient.Event change:
                if (change is MqttClient.Connected connected)
                    _hasProperties = connected.Answer.Properties is not null;
                _listener?.Tell(change, Sender);
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void Receive(MqttClient.Received received)
    {
        for (var at = 0; at < received.Messages.Count; at++)
        {
            var message = received.Messages[at];
            Add(message, message.QoS == QualityOfService.AtMostOnce ? null : received.Acknowledge(at));
        }
    }

    private void Add(Publish message, object? acknowledgement)
    {
        var size = QueuedMessage.KeptSizeOf(message);
        if (acknowledgement is null && _waitingBytes + size > _settings.MaxWaitingBytes)
        {
            _listener?.Tell(new MqttLanes.Dropped(1), _self);
            return;
        }
        _waitingBytes += size;
        var key = _settings.Key is { } keyOf ? keyOf(message) : message.Topic;
        var lane = _lanes[(uint)key.GetHashCode(StringComparison.Ordinal) % (uint)_lanes.Length];
        lane.Add(new LaneWork(message, acknowledgement, Sender, lane));
        if (lane.Count == 1)
            Run(lane);
    }

    private void Run(Lane lane)
    {
        var work = lane.First;
        var cancel = lane.Begin(Clock);
        var (self, handle, attempt) = (_self, _handle, work.Attempt);
        _ = Task.Run(
            async () =>
            {
                Exception? failure = null;
                using var span = MqttTracing.StartProcessing(work.Message);
                try
                {
                    await handle(work.Message, cancel).ConfigureAwait(false);
                }
                catch (Exception e)
                {
                    failure = e;
                    span?.SetStatus(ActivityStatusCode.Error, e.Message);
                }
                self.Tell(new Done(work, attempt, failure), ActorRefs.NoSender);
            },
            CancellationToken.None);
    }

    private void EndLate()
    {
        foreach (var lane in _lanes)
        {
            if (lane.StartedAt is { } since && Clock - since >= _settings.Timeout)
                EndAttempt(lane, new TimeoutException($"The handling of a message took longer than timeout = {_settings.Timeout:c}."));
        }
    }

    private void EndAttempt(Lane lane, Exception? failure)
    {
        lane.End(cancel: failure is TimeoutException);
        if (failure is null)
        {
            Succeed(lane);
            return;
        }
        var work = lane.First;
        if (failure is MqttPayloadException unreadable && ReferenceEquals(unreadable.Packet, work.Message)) // another attempt could not read it either
        {
            if (!_settings.HasDeadLetters)
            {
                _log.Error("{0} The message is refused, because no topic or actor for dead letters is set.", failure.Message);
                Finish(lane, ReasonCode.PayloadFormatInvalid);
                return;
            }
        }
        else if (!_settings.HasDeadLetters || work.Attempt <= _settings.Retries)
        {
            var wait = Wait(work.Attempt);
            if (work.Attempt == 1)
                _log.Warning("Handling a message of {0} failed, next attempt in {1:0.0} s: {2}", LogText.Escape(work.Message.Topic), wait.TotalSeconds, failure.Message);
            Timers.StartSingleTimer(lane, new Again(lane), wait);
            return;
        }
        _log.Error("Handling a message of {0} failed {1} times; it is a dead letter: {2}", LogText.Escape(work.Message.Topic), work.Attempt, failure.Message);
        work.Failure = failure;
        if (_settings.DeadLetterActor is { } actor)
        {
            actor.Tell(new MqttLanes.DeadLetter(work.Message, failure, work.Attempt), _self);
            Succeed(lane);
        }
        else
        {
            PublishDeadLetter(work);
        }
    }

    private void Succeed(Lane lane) => Finish(lane, ReasonCode.Success);

    /// <summary>Acknowledges or refuses the first message of a lane, and starts the next one.</summary>
    private void Finish(Lane lane, ReasonCode code)
    {
        var work = lane.RemoveFirst();
        _waitingBytes -= QueuedMessage.KeptSizeOf(work.Message);
        if (work.Acknowledgement is Delivery delivery)
            delivery.Refusal = code;
        if (work.Acknowledgement is MqttClient.Acknowledge acknowledge)
            work.Source.Tell(code == ReasonCode.Success ? acknowledge : acknowledge.With(code), _self);
        else if (work.Acknowledgement is not null)
            work.Source.Tell(work.Acknowledgement, _self);
        if (lane.Count > 0)
            Run(lane);
    }

    private void PublishDeadLetter(LaneWork work)
    {
        work.DeadLetterAttempts++;
        var packet = new Publish($"{_settings.DeadLetterTopic}/{work.Message.Topic}", work.Message.Payload) { QoS = QualityOfService.AtLeastOnce };
        if (_hasProperties)
        {
            packet = packet with
            {
                Properties = new PublishProperties
                {
                    ContentType = work.Message.Properties?.ContentType,
                    PayloadFormatIndicator = work.Message.Properties?.PayloadFormatIndicator,
                    UserProperties = [.. work.Message.Properties?.UserProperties ?? [], new UserProperty("dead-letter-cause", work.Failure!.GetType().Name)],
                },
            };
        }
        work.Source.Tell(new MqttClient.Publish(packet, work), _self);
    }

    /// <summary>The message is acknowledged only when the server has its dead letter.</summary>
    private void EndDeadLetter(LaneWork work, MqttClient.Outcome outcome)
    {
        if (work.Lane.Count == 0 || !ReferenceEquals(work.Lane.First, work))
            return;
        if (outcome is MqttClient.Acked)
            Succeed(work.Lane);
        else
            Timers.StartSingleTimer(work.Lane, new Again(work.Lane), Wait(work.DeadLetterAttempts));
    }

    private TimeSpan Wait(int attempt)
    {
        var bound = Math.Min(_settings.LongestWait.TotalMilliseconds, _settings.FirstWait.TotalMilliseconds * (1L << Math.Min(attempt - 1, 30)));
        return TimeSpan.FromMilliseconds(bound * _random());
    }

    /// <summary>A message that the lanes did not finish before they stopped: another subscriber may take it.</summary>
    internal sealed record Returned(Delivery Delivery) : INoSerializationVerificationNeeded;

    private sealed record Done(LaneWork Work, int Attempt, Exception? Failure) : INoSerializationVerificationNeeded;

    private sealed record Again(Lane Lane) : INoSerializationVerificationNeeded;

    private sealed class Tick : INoSerializationVerificationNeeded
    {
        public static Tick Instance { get; } = new();
    }
}
