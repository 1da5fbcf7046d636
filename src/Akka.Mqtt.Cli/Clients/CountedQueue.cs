namespace Akka.Mqtt.Cli.Clients;

/// <summary>A queue of a managed client that counts its content. The client calls it from one thread at a time.</summary>
/// <param name="queue">The queue.</param>
/// <param name="changed">Receives the numbers of messages and of payload bytes after each change.</param>
internal sealed class CountedQueue(IMqttClientQueue queue, Action<int, long> changed) : IMqttClientQueue
{
    private readonly Dictionary<long, int> _sizes = []; // by the number of the message
    private long _bytes;

    /// <inheritdoc/>
    public async ValueTask<IMqttOpenClientQueue> OpenAsync(CancellationToken cancellationToken)
    {
        var open = await queue.OpenAsync(cancellationToken).ConfigureAwait(false);
        foreach (var message in open.State.Messages)
            Add(message);
        changed(_sizes.Count, _bytes);
        return new Open(this, open);
    }

    private void Add(MqttClientQueuedMessage message)
    {
        _sizes[message.Number] = message.Packet.Payload.Length;
        _bytes += message.Packet.Payload.Length;
    }

    private void Count(IReadOnlyList<MqttClientQueueChange> changes)
    {
        foreach (var change in changes)
        {
            if (change is MqttClientQueueChange.Added added)
                Add(added.Message);
            else if (change is MqttClientQueueChange.Removed removed && _sizes.Remove(removed.Number, out var size))
                _bytes -= size;
        }
        changed(_sizes.Count, _bytes);
    }

    private sealed class Open(CountedQueue counted, IMqttOpenClientQueue open) : IMqttOpenClientQueue
    {
        public MqttClientQueueState State => open.State;

        public async ValueTask CommitAsync(IReadOnlyList<MqttClientQueueChange> changes)
        {
            await open.CommitAsync(changes).ConfigureAwait(false);
            counted.Count(changes);
        }

        public ValueTask DisposeAsync() => open.DisposeAsync();
    }
}
