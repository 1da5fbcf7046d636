using Akka.Actor;
using Akka.Event;

namespace Akka.Mqtt.ManagedClient;

/// <summary>Opens the queue of a client on the thread pool, and closes it again when the client stops before it has it.</summary>
internal sealed class QueueOpening
{
    private readonly CancellationTokenSource _cancel = new();
    private readonly Task<IMqttOpenClientQueue> _opening;

    /// <summary>Starts. The actor receives <see cref="Opened"/>.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="self">The client actor.</param>
    public QueueOpening(IMqttClientQueue queue, IActorRef self)
    {
        var cancel = _cancel.Token;
        _opening = Task.Run(async () => await queue.OpenAsync(cancel).ConfigureAwait(false), CancellationToken.None);
        _opening.ContinueWith(
            done => self.Tell(
                done.IsCompletedSuccessfully
                    ? new Opened(done.Result, null)
                    : new Opened(null, done.Exception?.GetBaseException() ?? new OperationCanceledException("Opening the queue was cancelled.")),
                self),
            CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    /// <summary>The client stops, and has not taken the queue.</summary>
    public void Abandon()
    {
        _cancel.Cancel();
        _opening.ContinueWith(
            static async done =>
            {
                if (done.IsCompletedSuccessfully)
                    await done.Result.DisposeAsync().ConfigureAwait(false);
            },
            CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    internal sealed record Opened(IMqttOpenClientQueue? Queue, Exception? Failure) : INoSerializationVerificationNeeded, IDeadLetterSuppression;
}
