namespace Akka.Mqtt;

/// <summary>
/// The storage of a <see cref="MqttClient"/> for data that must survive its process: messages of QoS 1 and 2 that are queued or under way, and the state of
/// QoS 2 in both directions. <c>SqliteClientQueue</c> of Akka.Mqtt.Storage keeps it in a file. One client uses a queue at a time.
/// </summary>
public interface IMqttClientQueue
{
    /// <summary>Opens the queue. Called once when the client starts, not in its actor.</summary>
    /// <param name="cancellationToken">The client has stopped.</param>
    /// <returns>The open queue. The client disposes of it.</returns>
    /// <exception cref="Exception">
    /// The queue cannot be read, or another client uses it. Its message has one line, with what to do. The client then gives up with
    /// <see cref="MqttClientCause.QueueFailed"/>. A queue that is damaged must not be opened as an empty one.
    /// </exception>
    ValueTask<IMqttOpenClientQueue> OpenAsync(CancellationToken cancellationToken);
}

/// <summary>A queue that is open.</summary>
public interface IMqttOpenClientQueue : IAsyncDisposable
{
    /// <summary>The content of the queue when it was opened.</summary>
    MqttClientQueueState State { get; }

    /// <summary>
    /// Writes changes, in order, all of them or none, and completes when they would survive the end of the process. The client does not call it again before
    /// that. Packets and outcomes that depend on a change are sent afterwards.
    /// </summary>
    /// <param name="changes">At least one.</param>
    /// <returns>Completes when they are written.</returns>
    /// <exception cref="Exception">None of them was written. The client calls again with the same changes and those that have been added since.</exception>
    ValueTask CommitAsync(IReadOnlyList<MqttClientQueueChange> changes);
}
