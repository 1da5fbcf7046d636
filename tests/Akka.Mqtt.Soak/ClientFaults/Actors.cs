using Akka.Actor;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Soak.ClientFaults;

/// <summary>Publishes messages with credit, in order; completes when each has its outcome.</summary>
internal sealed class PublisherActor : UntypedActor
{
    private readonly MqttClientSettings _settings;
    private readonly IReadOnlyList<Publish> _messages;
    private readonly Random _random;
    private readonly TaskCompletionSource<MqttClient.Outcome?[]> _done;
    private readonly MqttClient.Outcome?[] _outcomes;
    private IActorRef _client = ActorRefs.Nobody;
    private int _credit;
    private int _next;
    private int _open;

    public PublisherActor(MqttClientSettings settings, IReadOnlyList<Publish> messages, int seed, TaskCompletionSource<MqttClient.Outcome?[]> done)
    {
        _settings = settings;
        _messages = messages;
        _random = new Random(seed);
        _done = done;
        _outcomes = new MqttClient.Outcome?[messages.Count];
        _open = messages.Count;
    }

    protected override void PreStart() => _client = Context.ActorOf(MqttClient.Props(_settings, Self));

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case MqttClient.Demand demand:
                _credit += demand.Count;
                Publish();
                break;
            case "more":
                Publish();
                break;
            case MqttClient.Outcome { Correlation: int number } outcome:
                if (_outcomes[number] is { } earlier)
                    _done.TrySetException(new FaultFoundException($"Message {number} has two outcomes: {earlier}, {outcome}."));
                _outcomes[number] = outcome;
                _credit++;
                if (--_open == 0)
                    _done.TrySetResult(_outcomes);
                Publish();
                break;
            case MqttClient.GaveUp gaveUp:
                _done.TrySetException(new FaultFoundException($"The publisher gave up: {gaveUp.Cause.Message}"));
                break;
            case MqttClient.Disconnected { Cause.Kind: MqttClientCause.ProtocolError } lost:
                _done.TrySetException(new FaultFoundException($"The publisher saw a protocol error: {lost.Cause.Message}"));
                break;
        }
    }

    private void Publish()
    {
        while (_credit > 0 && _next < _messages.Count)
        {
            _credit--;
            _client.Tell(new MqttClient.Publish(_messages[_next], _next));
            _next++;
            if (_random.Next(8) != 0)
                continue;
            Context.System.Scheduler.ScheduleTellOnce(_random.Next(1, 15), Self, "more", Self);
            return;
        }
    }
}

/// <summary>Subscribes, keeps what it receives, and acknowledges now or later, in any order; completes when all that must arrive has.</summary>
internal sealed class SubscriberActor : UntypedActor
{
    private readonly MqttClientSettings _settings;
    private readonly string _filter;
    private readonly HashSet<string> _expected;
    private readonly Random _random;
    private readonly TaskCompletionSource _subscribed;
    private readonly TaskCompletionSource _done;
    private readonly List<Publish> _received;
    private IActorRef _client = ActorRefs.Nobody;

    public SubscriberActor(
        MqttClientSettings settings, string filter, IEnumerable<string> expected, int seed, TaskCompletionSource subscribed,
        List<Publish> received, TaskCompletionSource done)
    {
        _settings = settings;
        _filter = filter;
        _expected = [.. expected];
        _random = new Random(seed);
        _subscribed = subscribed;
        _received = received;
        _done = done;
    }

    protected override void PreStart()
    {
        _client = Context.ActorOf(MqttClient.Props(_settings, Self));
        _client.Tell(new MqttClient.Subscribe([new Subscription(_filter, QualityOfService.ExactlyOnce)], "subscribe"));
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case MqttClient.Acked { Correlation: "subscribe" }:
                _subscribed.TrySetResult();
                break;
            case MqttClient.Outcome { Correlation: "subscribe" } other:
                Fail($"The subscription ended with {other}.");
                break;
            case MqttClient.Outcome { Correlation: "unsubscribe" }:
                _client.Tell(new MqttClient.Disconnect());
                break;
            case MqttClient.Received received:
                Receive(received);
                break;
            case MqttClient.Acknowledge acknowledge: // after a while
                _client.Tell(acknowledge);
                break;
            case "end":
                _client.Tell(new MqttClient.Unsubscribe([_filter], "unsubscribe"));
                break;
            case MqttClient.GaveUp gaveUp:
                Fail($"The subscriber gave up: {gaveUp.Cause.Message}");
                break;
            case MqttClient.Disconnected { Cause.Kind: MqttClientCause.ProtocolError } lost:
                Fail($"The subscriber saw a protocol error: {lost.Cause.Message}");
                break;
            case MqttClient.Stopped:
                Context.Stop(Self);
                break;
        }
    }

    private void Fail(string text)
    {
        _subscribed.TrySetException(new FaultFoundException(text));
        _done.TrySetException(new FaultFoundException(text));
    }

    private void Receive(MqttClient.Received received)
    {
        foreach (var message in received.Messages)
        {
            _received.Add(message);
            _expected.Remove(message.Payload.ToText());
        }
        var acknowledgements = new List<MqttClient.Acknowledge>();
        if (_random.Next(2) == 0)
            acknowledgements.Add(received.Acknowledge());
        else
            acknowledgements.AddRange(Enumerable.Range(0, received.Messages.Count).Select(at => received.Acknowledge(at)).OrderBy(_ => _random.Next()));
        foreach (var acknowledgement in acknowledgements)
        {
            if (_random.Next(3) > 0)
                _client.Tell(acknowledgement);
            else
                Context.System.Scheduler.ScheduleTellOnce(_random.Next(1, 30), Self, acknowledgement, Self);
        }
        if (_expected.Count == 0)
            _done.TrySetResult();
    }
}

/// <summary>A schedule showed a fault of the client or of the server.</summary>
internal sealed class FaultFoundException(string message) : Exception(message);
