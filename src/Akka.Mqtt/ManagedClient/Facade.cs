using System.Threading.Channels;
using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;

namespace Akka.Mqtt.ManagedClient;

/// <summary>The state that the tasks of a caller and the <see cref="FacadeActor"/> share.</summary>
internal sealed class Facade
{
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private Call? _firstCall; // of those without outcome
    private bool _isStopped;
    private long _dropped;
    private long _undelivered;

    public Facade(MqttClientSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        settings.Checked();
        Settings = settings;
    }

    public MqttClientSettings Settings { get; }

    /// <summary>The <see cref="FacadeActor"/>.</summary>
    public IActorRef Actor { get; set; } = ActorRefs.Nobody;

    /// <summary>The commands of tasks.</summary>
    public ClientCalls Calls { get; set; } = null!;

    /// <summary>The client actor, known when <see cref="WhenStarted"/> has completed. A direct message avoids one mailbox.</summary>
    public IActorRef Client { get; private set; } = ActorRefs.Nobody;

    public Task WhenStarted => _started.Task;

    public Task WhenConnected => _connected.Task;

    public Task WhenStopped => Actor.IsNobody() ? Task.CompletedTask : _stopped.Task;

    public long Dropped => Interlocked.Read(ref _dropped);

    public void Tell(object message) => Actor.Tell(message, ActorRefs.NoSender);

    /// <summary>Sends a message to the client actor, which answers the <see cref="FacadeActor"/>.</summary>
    public void TellClient(object message) => Client.Tell(message, Actor);

    /// <summary>A task begins to wait for an outcome.</summary>
    /// <returns>Whether an outcome will follow; false when the client has stopped.</returns>
    public bool TryOpen(Call call)
    {
        lock (_lock)
        {
            if (_isStopped)
                return false;
            call.Next = _firstCall;
            if (_firstCall is not null)
                _firstCall.Previous = call;
            _firstCall = call;
            return true;
        }
    }

    /// <summary>A task has its outcome.</summary>
    public void Close(Call call)
    {
        lock (_lock)
        {
            if (call.Previous is not null)
                call.Previous.Next = call.Next;
            else if (ReferenceEquals(_firstCall, call))
                _firstCall = call.Next;
            if (call.Next is not null)
                call.Next.Previous = call.Previous;
            (call.Previous, call.Next) = (null, null);
        }
    }

    public void Stop() => Tell(new MqttClient.Disconnect());

    public long Undelivered => Interlocked.Read(ref _undelivered);

    public void CountUndelivered() => Interlocked.Increment(ref _undelivered);

    public void Drop() => Interlocked.Increment(ref _dropped);

    /// <summary>The client actor has started.</summary>
    public void Started(IActorRef client)
    {
        Client = client;
        _started.TrySetResult();
    }

    public void Connected() => _connected.TrySetResult();

    public void ConnectFailed(MqttClient.Cause cause)
    {
        if (_connected.TrySetException(new MqttClientException(cause.Message, null, cause)))
            _ = _connected.Task.Exception; // observed, because perhaps no task waits
    }

    /// <summary>The client has stopped. Commands that it did not take have failed.</summary>
    public void Stopped()
    {
        lock (_lock)
            _isStopped = true;
        _started.TrySetResult(); // whoever waits for the start learns the end from the first command
        while (_firstCall is { } call) // no call is added any more
            call.Complete(new MqttClient.Failed(null, new MqttClient.Cause(MqttClientCause.Stopped, "The client has stopped.")));
        _stopped.TrySetResult();
    }

    internal sealed record Add(Subscriber Subscriber) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    /// <summary>A subscriber has ended.</summary>
    /// <param name="Subscriber">Which.</param>
    /// <param name="IsKept">Whether the subscription stays, for a subscriber that replaces it.</param>
    internal sealed record Remove(Subscriber Subscriber, bool IsKept = false) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    /// <summary>Adds a subscriber whose messages lanes handle.</summary>
    internal sealed record AddLanes(Subscriber Subscriber, Props Lanes) : INoSerializationVerificationNeeded, IDeadLetterSuppression;
}

/// <summary>A command of a task, until its outcome.</summary>
internal sealed class Call(Facade facade, SemaphoreSlim credit) : TaskCompletionSource<MqttClient.Outcome>(TaskCreationOptions.RunContinuationsAsynchronously)
{
    /// <summary>The neighbours in the list of calls without outcome; for <see cref="Facade"/>.</summary>
    public Call? Previous { get; set; }

    public Call? Next { get; set; }

    public void Complete(MqttClient.Outcome outcome)
    {
        facade.Close(this);
        if (TrySetResult(outcome))
            credit.Release();
    }
}

/// <summary>A message for one or more subscribers; acknowledged when the last of them has handled it.</summary>
internal sealed class Delivery : INoSerializationVerificationNeeded
{
    private readonly MqttClient.Acknowledge? _acknowledge;
    private int _left;

    public Delivery(Publish packet, MqttClient.Acknowledge? acknowledge, int subscribers)
    {
        Packet = packet;
        _acknowledge = acknowledge;
        _left = subscribers;
    }

    public Publish Packet { get; }

    /// <summary>A failure refuses the message (5.0 only) when the last subscriber has handled it.</summary>
    public ReasonCode Refusal { get; set; }

    /// <summary>A subscriber has ended without acknowledging. If no other has the message, another subscriber may take it.</summary>
    /// <param name="acknowledge">How it is acknowledged.</param>
    /// <returns>Whether no subscriber has the message now and it is not acknowledged.</returns>
    public bool TryReturn(out MqttClient.Acknowledge acknowledge)
    {
        acknowledge = _acknowledge!;
        return _acknowledge is not null && Interlocked.Decrement(ref _left) == 0;
    }

    public void Acknowledge(Facade facade)
    {
        if (_acknowledge is not null && Interlocked.Decrement(ref _left) == 0)
            facade.TellClient(Refusal == ReasonCode.Success ? _acknowledge : _acknowledge.With(Refusal));
    }
}

/// <summary>An enumeration of messages. The actor writes, the caller reads.</summary>
internal sealed class Subscriber
{
    private readonly Channel<Delivery> _channel = Channel.CreateUnbounded<Delivery>(new UnboundedChannelOptions { SingleWriter = true, SingleReader = true });
    private readonly string _plainFilter;
    private readonly long _maxBytes;
    private long _bytes;
    private readonly List<Delivery> _returned = [];
    private Delivery? _current; // handed to the caller

    public Subscriber(string filter, long maxBytes)
    {
        Filter = filter;
        _plainFilter = SharedFilter.TryParse(filter, out var shared) ? shared.Filter : filter;
        _maxBytes = maxBytes;
    }

    public string Filter { get; }

    /// <summary>The lanes that handle the messages; null: the reader does.</summary>
    public IActorRef? Lanes { get; set; }

    public ChannelReader<Delivery> Reader => _channel.Reader;

    public bool Matches(string topic) => TopicFilter.Matches(_plainFilter, topic);

    /// <summary>Whether a message of QoS 0 has to be dropped; those of QoS 1 and 2 are bounded by the Receive Maximum.</summary>
    public bool IsFull => Interlocked.Read(ref _bytes) >= _maxBytes;

    public void Write(Delivery delivery, IActorRef self)
    {
        if (Lanes is not null)
        {
            Lanes.Tell(delivery, self);
            return;
        }
        Interlocked.Add(ref _bytes, QueuedMessage.SizeOf(delivery.Packet));
        _channel.Writer.TryWrite(delivery);
    }

    public bool TryRead(out Delivery delivery)
    {
        if (!TryTake(out delivery))
            return false;
        _current = delivery;
        return true;
    }

    /// <summary>Takes a message, which the caller acknowledges or <see cref="Return"/>s.</summary>
    public bool TryTake(out Delivery delivery)
    {
        if (!_channel.Reader.TryRead(out delivery!))
            return false;
        Interlocked.Add(ref _bytes, -QueuedMessage.SizeOf(delivery.Packet));
        return true;
    }

    /// <summary>Returns messages that were taken and not handled, oldest first, before the subscriber ends.</summary>
    public void Return(Delivery delivery) => _returned.Add(delivery);

    /// <summary>The caller has handled the message that it read last.</summary>
    /// <param name="facade">Acknowledges the message.</param>
    public void Handled(Facade facade)
    {
        _current!.Acknowledge(facade);
        _current = null;
    }

    /// <summary>The messages that the caller did not handle, after it has stopped reading.</summary>
    /// <returns>The messages, in order.</returns>
    public IEnumerable<Delivery> Unhandled()
    {
        foreach (var delivery in _returned)
            yield return delivery;
        if (_current is { } current)
            yield return current;
        while (TryRead(out var next))
            yield return next;
    }

    public void End(Exception? failure) => _channel.Writer.TryComplete(failure);
}
