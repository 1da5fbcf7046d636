namespace Akka.Mqtt.Client.Tests;

/// <summary>A queue whose file is this object: what was committed is there for the next client that opens it. Commits can be held back, and fail.</summary>
internal sealed class MemoryClientQueue : IMqttClientQueue
{
    private readonly object _lock = new();
    private readonly SortedDictionary<long, MqttClientQueuedMessage> _messages = [];
    private readonly SortedSet<ushort> _received = [];
    private string? _clientId;
    private TaskCompletionSource _gate = new();
    private int _failures;

    public MemoryClientQueue() => _gate.SetResult();

    public Exception? OpenFailure { get; init; }

    /// <summary>Until it completes, the queue does not open.</summary>
    public Task Opening { get; init; } = Task.CompletedTask;

    public bool IsOpen { get; private set; }

    public MqttClientQueueState State
    {
        get
        {
            lock (_lock)
                return new MqttClientQueueState(_clientId, [.. _messages.Values], [.. _received]);
        }
    }

    /// <summary>Commits that begin from now on wait for <see cref="Continue"/>.</summary>
    public void Hold() => _gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Continue() => _gate.TrySetResult();

    public void FailNext(int commits) => Volatile.Write(ref _failures, commits);

    public async ValueTask<IMqttOpenClientQueue> OpenAsync(CancellationToken cancellationToken)
    {
        await Opening.WaitAsync(cancellationToken);
        if (OpenFailure is not null)
            throw OpenFailure;
        Assert.False(IsOpen, "The queue is open already.");
        IsOpen = true;
        return new Opened(this);
    }

    public void Apply(IEnumerable<MqttClientQueueChange> changes)
    {
        lock (_lock)
        {
            foreach (var change in changes)
                Apply(change);
        }
    }

    private void Apply(MqttClientQueueChange change)
    {
        switch (change)
        {
            case MqttClientQueueChange.Added added:
                Assert.True(_messages.Count == 0 || _messages.Keys.Last() < added.Message.Number, "Numbers rise.");
                _messages.Add(added.Message.Number, added.Message);
                break;
            case MqttClientQueueChange.Sent sent:
                Assert.DoesNotContain(_messages.Values, each => each.PacketId == sent.PacketId);
                _messages[sent.Number] = _messages[sent.Number] with { PacketId = sent.PacketId };
                break;
            case MqttClientQueueChange.Released released:
                _messages[released.Number] = _messages[released.Number] with { IsReleased = true };
                break;
            case MqttClientQueueChange.Removed removed:
                Assert.True(_messages.Remove(removed.Number), $"Message {removed.Number} was removed twice.");
                break;
            case MqttClientQueueChange.Received received:
                _received.Add(received.PacketId);
                break;
            case MqttClientQueueChange.ReceivedReleased released:
                _received.Remove(released.PacketId);
                break;
            case MqttClientQueueChange.SessionBegan:
                foreach (var (number, message) in _messages.ToArray())
                    _messages[number] = message with { PacketId = null, IsReleased = false };
                _received.Clear();
                break;
            case MqttClientQueueChange.Accepted accepted:
                _clientId = accepted.ClientId;
                break;
        }
    }

    private sealed class Opened(MemoryClientQueue queue) : IMqttOpenClientQueue
    {
        public MqttClientQueueState State { get; } = queue.State;

        public async ValueTask CommitAsync(IReadOnlyList<MqttClientQueueChange> changes)
        {
            await queue._gate.Task;
            if (Interlocked.Decrement(ref queue._failures) >= 0)
                throw new IOException("The disk is full.");
            queue.Apply(changes);
        }

        public ValueTask DisposeAsync()
        {
            queue.IsOpen = false;
            return ValueTask.CompletedTask;
        }
    }
}
