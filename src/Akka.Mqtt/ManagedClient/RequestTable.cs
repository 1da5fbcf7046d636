using System.Globalization;
using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.ManagedClient;

/// <summary>
/// The requests of a client that wait for an answer, and the subscriptions for answers. A request ends with exactly one outcome. Bounded by the credits of the
/// client. Runs in the client actor.
/// </summary>
internal sealed class RequestTable
{
    /// <summary>The user property with which a responder reports a failure.</summary>
    public const string ErrorProperty = "error";

    private const string Timer = "requests";

    private readonly MqttClientSettings _settings;
    private readonly Action<Pending, long> _take;
    private readonly ClientOutput _output;
    private readonly ITimerScheduler _timers;
    private readonly string _name; // secret, so that other clients cannot forge an answer without having seen a request
    private readonly string _owner; // the prefix of that name, which earlier processes of this client also use
    private readonly string _answerTopic;
    private readonly string _answerLevels; // within the topic of an answer by topic
    private readonly Dictionary<long, OpenRequest> _open = [];
    private readonly AnswerFilters _filters;
    private readonly PriorityQueue<OpenRequest, TimeSpan> _deadlines = new();
    private readonly Queue<OpenRequest> _ready = new(); // the subscription is granted: ready to be published
    private TimeSpan? _timerAt;
    private bool _hasPast;
    private long _last;

    /// <summary>Makes one without requests.</summary>
    /// <param name="settings">The settings.</param>
    /// <param name="take">Passes a command of the client itself to its session, with the time in milliseconds since the Unix epoch.</param>
    /// <param name="output">What gets outcomes.</param>
    /// <param name="timers">The timers of the client actor.</param>
    public RequestTable(MqttClientSettings settings, Action<Pending, long> take, ClientOutput output, ITimerScheduler timers)
    {
        _settings = settings;
        _take = take;
        _output = output;
        _timers = timers;
        _owner = RequestTopics.OwnerOf(settings.ClientId);
        _name = RequestTopics.NewRequester(_owner);
        _filters = new AnswerFilters(this, settings.MaxAnswerTopics);
        _answerTopic = RequestTopics.AnswersByProperties(_name);
        _answerLevels = RequestTopics.Answers("", _name)[..^1];
    }

    /// <summary>The session belongs to an earlier process of this client: answers to requests of that process may arrive.</summary>
    public void ResumeEarlier() => _hasPast = true;

    /// <summary>Takes a request.</summary>
    /// <param name="pending">The command and its sender.</param>
    /// <param name="request">The command.</param>
    /// <param name="clock">A monotonic clock.</param>
    /// <param name="now">The time, in milliseconds since the Unix epoch.</param>
    public void Take(in Pending pending, MqttClient.Request request, TimeSpan clock, long now)
    {
        var isV5 = _settings.Version == MqttVersion.V5;
        var style = request.Style ?? (isV5 ? MqttRequestStyle.Properties : MqttRequestStyle.Topics);
        if (style == MqttRequestStyle.Properties && !isV5)
        {
            _output.Complete(
                pending, new MqttClient.Refused(request.Correlation, MqttClientRefusal.InvalidPacket, "MQTT 3.x has no Response Topic: ask by topic."));
            return;
        }
        var open = new OpenRequest(this, pending, request, ++_last, style);
        _open.Add(open.Number, open);
        Await(open, clock, clock + (request.Timeout ?? _settings.AnswerTimeout));
        var name = style == MqttRequestStyle.Topics ? RequestTopics.Answers(request.Packet.Topic, _name) : _answerTopic;
        Unsubscribe(now); // before the same filter may be needed again
        var filter = _filters.Use(name, out var isNew);
        filter.Add(open, _ready);
        if (isNew)
            _take(new Pending(new MqttClient.Subscribe([new Subscription(name, QualityOfService.AtLeastOnce)], filter), ActorRefs.Nobody), now);
        PublishReady(now);
    }

    /// <summary>Publishes requests whose subscriptions are granted, and ends subscriptions that are no longer needed.</summary>
    public void PublishReady(long now)
    {
        Unsubscribe(now);
        while (_ready.TryDequeue(out var open))
        {
            if (!_open.ContainsKey(open.Number))
                continue; // its time is over
            open.IsPublished = true;
            var command = new MqttClient.Publish(PacketOf(open), open);
            var pending = new Pending(command, ActorRefs.Nobody);
            if (_settings is { Tracing: true, Version: MqttVersion.V5 })
                pending = ClientSpans.Begin(pending, command);
            _take(pending, now);
        }
    }

    /// <summary>The subscription for answers has its outcome.</summary>
    public void Ended(AnswerFilter filter, MqttClient.Outcome outcome)
    {
        if (outcome is MqttClient.Acked)
        {
            filter.Granted(_ready);
            return;
        }
        _filters.Remove(filter); // the next request tries again
        foreach (var open in filter.Waiting.ToArray())
        {
            Complete(open, outcome switch
            {
                MqttClient.Refused refused => refused with { Correlation = open.Correlation },
                MqttClient.Failed failed => failed with { Correlation = open.Correlation },
                _ => new MqttClient.Failed(
                    open.Correlation, new MqttClient.Cause(MqttClientCause.CommandTimedOut, "The server did not answer the subscription for answers.")),
            });
        }
    }

    /// <summary>The message of a request has its outcome. The answer may have arrived before it.</summary>
    public void Ended(OpenRequest open, MqttClient.Outcome outcome)
    {
        switch (outcome)
        {
            case MqttClient.Acked { ReasonCode: ReasonCode.NoMatchingSubscribers }:
                Complete(open, new MqttClient.Refused(
                    open.Correlation, MqttClientRefusal.NoResponder, $"No client has subscribed to {open.Packet.Topic}.") { ReasonCode = ReasonCode.NoMatchingSubscribers });
                break;
            case MqttClient.Refused refused:
                Complete(open, refused with { Correlation = open.Correlation });
                break;
            case MqttClient.Failed failed:
                Complete(open, failed with { Correlation = open.Correlation });
                break;
            case MqttClient.Unknown:
                Complete(open, new MqttClient.Unknown(open.Correlation));
                break;
        }
    }

    /// <summary>Ends requests whose time is over.</summary>
    public void EndDue(TimeSpan clock)
    {
        _timerAt = null;
        while (_deadlines.TryPeek(out var open, out var at) && (at <= clock || !_open.ContainsKey(open.Number)))
        {
            _deadlines.Dequeue();
            Complete(open, new MqttClient.TimedOut(open.Correlation));
        }
        if (_deadlines.TryPeek(out _, out var next))
            StartTimer(next, clock);
    }

    /// <summary>The answer to a request is no longer needed.</summary>
    public void Cancel(object? correlation)
    {
        foreach (var (_, open) in _open)
        {
            if (!ReferenceEquals(open.Correlation, correlation))
                continue;
            Complete(open, new MqttClient.Unknown(correlation));
            return;
        }
    }

    /// <summary>After a reconnect the server refused a subscription.</summary>
    /// <returns>Whether it is one for answers.</returns>
    public bool TryLose(MqttClient.ResubscribeFailed lost)
    {
        if (_filters.Find(lost.Filter) is not { } filter)
            return false;
        _filters.Remove(filter);
        foreach (var (_, open) in _open)
        {
            if (open.Filter == filter)
            {
                Complete(open, new MqttClient.Refused(
                    open.Correlation, MqttClientRefusal.ByServer, $"The server refused the subscription for answers: {lost.ReasonCode}.") { ReasonCode = lost.ReasonCode });
            }
        }
        return true;
    }

    /// <summary>Completes all requests, because the client stops.</summary>
    public void Stop(MqttClient.Cause cause)
    {
        foreach (var (_, open) in _open)
            Complete(open, open.IsPublished ? new MqttClient.Unknown(open.Correlation) : new MqttClient.Failed(open.Correlation, cause));
    }

    /// <summary>Takes a received message, if it answers a request or is a late answer.</summary>
    /// <param name="message">The message.</param>
    /// <returns>Whether it was taken; otherwise it is for the handler.</returns>
    public bool TryTakeAnswer(Publish message)
    {
        if (message.Topic != _answerTopic && !message.Topic.Contains(_answerLevels, StringComparison.Ordinal))
        {
            if (!_hasPast || !RequestTopics.IsAnswerFor(_owner, message.Topic))
                return false;
            _output.CountLateAnswer();
            return true;
        }
        var text = message.Properties?.CorrelationData is { } data ? data.ToText() : RequestTopics.NumberOf(message.Topic);
        if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || !_open.TryGetValue(number, out var open))
        {
            _output.CountLateAnswer();
            return true;
        }
        foreach (var property in message.Properties?.UserProperties ?? default)
        {
            if (property.Name != ErrorProperty)
                continue;
            Complete(open, new MqttClient.Refused(open.Correlation, MqttClientRefusal.ByResponder, property.Value));
            return true;
        }
        Complete(open, new MqttClient.Replied(open.Correlation, message));
        return true;
    }

    private void Complete(OpenRequest open, MqttClient.Outcome outcome)
    {
        if (!_open.Remove(open.Number))
            return;
        _filters.End(open);
        _output.Complete(open.Pending, outcome);
    }

    private void Unsubscribe(long now)
    {
        if (_filters.TakeUnneeded() is { } unneeded)
            _take(new Pending(new MqttClient.Unsubscribe([.. unneeded], AnswerFiltersEnd.Instance), ActorRefs.Nobody), now);
    }

    private Publish PacketOf(OpenRequest open)
    {
        var number = open.Number.ToString(CultureInfo.InvariantCulture);
        return open.Style == MqttRequestStyle.Topics
            ? open.Packet with { Topic = RequestTopics.OfRequest(open.Packet.Topic, _name, number) }
            : open.Packet with
            {
                Properties = (open.Packet.Properties ?? new PublishProperties()) with { ResponseTopic = _answerTopic, CorrelationData = MqttBinary.FromText(number) },
            };
    }

    private void Await(OpenRequest open, TimeSpan clock, TimeSpan at)
    {
        if (_deadlines.Count > 64 + (2 * _open.Count)) // most of them have their answer
        {
            var waiting = _deadlines.UnorderedItems.Where(each => _open.ContainsKey(each.Element.Number)).ToList();
            _deadlines.Clear();
            _deadlines.EnqueueRange(waiting);
        }
        _deadlines.Enqueue(open, at);
        if (_timerAt is null || at < _timerAt)
            StartTimer(at, clock);
    }

    private void StartTimer(TimeSpan at, TimeSpan clock)
    {
        _timerAt = at;
        _timers.StartSingleTimer(Timer, Due.Instance, at > clock ? at - clock : TimeSpan.Zero);
    }

    /// <summary>The time of a request may be over.</summary>
    internal sealed class Due : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static Due Instance { get; } = new();
    }
}

/// <summary>A command of the client itself, whose outcome is not sent to an actor.</summary>
internal abstract class OwnCommand
{
    /// <summary>The command has its outcome.</summary>
    public abstract void Ended(MqttClient.Outcome outcome);
}

/// <summary>A request that waits for its answer.</summary>
internal sealed class OpenRequest(RequestTable table, Pending pending, MqttClient.Request request, long number, MqttRequestStyle style) : OwnCommand
{
    public Pending Pending => pending;

    public Publish Packet => request.Packet;

    public object? Correlation => request.Correlation;

    public long Number => number;

    public MqttRequestStyle Style => style;

    /// <summary>The subscription for the answer; set before the request can end.</summary>
    public AnswerFilter? Filter { get; set; }

    /// <summary>Whether the message was given to the session.</summary>
    public bool IsPublished { get; set; }

    public override void Ended(MqttClient.Outcome outcome) => table.Ended(this, outcome);
}
