using Akka.Actor;
using Akka.Event;

namespace Akka.Mqtt.ManagedClient;

/// <summary>
/// Writes the changes of a session to the queue, one commit at a time; changes during a commit form the next one. Used by the client
/// actor; the writing itself runs on the thread pool.
/// </summary>
internal sealed class QueueWriter
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LastRetry = TimeSpan.FromSeconds(5);

    private readonly IMqttOpenClientQueue _queue;
    private readonly IActorRef _self;
    private readonly ITimerScheduler _timers;
    private readonly List<MqttClientQueueChange> _pending = [];
    private Task _lastCommit = Task.CompletedTask;
    private TimeSpan _retry = FirstRetry;
    private bool _isClosed;

    /// <summary>Takes an open queue over.</summary>
    /// <param name="queue">The queue.</param>
    /// <param name="self">The client actor.</param>
    /// <param name="timers">Its timers.</param>
    public QueueWriter(IMqttOpenClientQueue queue, IActorRef self, ITimerScheduler timers)
    {
        _queue = queue;
        _self = self;
        _timers = timers;
        Journal = new QueueJournal(queue.State);
    }

    /// <summary>The changes of the session.</summary>
    public QueueJournal Journal { get; }

    /// <summary>Whether a commit is under way, or will be tried again.</summary>
    public bool IsCommitting { get; private set; }

    /// <summary>Whether everything that was changed is written.</summary>
    public bool IsWritten => !IsCommitting && !Journal.HasChanges;

    /// <summary>Begins a commit of all changes, if there are any and none is under way. The actor receives <see cref="Committed"/>.</summary>
    public void Begin()
    {
        if (IsCommitting || _isClosed || !Journal.HasChanges)
            return;
        IsCommitting = true;
        Commit();
    }

    /// <summary>A commit has ended. A failed commit is tried again later; the first failure in a row is reported to the handler.</summary>
    /// <param name="committed">How.</param>
    /// <param name="output">What waits for it.</param>
    /// <param name="log">The log of the client.</param>
    /// <param name="clientId">The client identifier.</param>
    public void End(Committed committed, ClientOutput output, FailureLog log, string clientId)
    {
        if (_isClosed)
            return;
        if (committed.Failure is null)
        {
            IsCommitting = false;
            _pending.Clear();
            _retry = FirstRetry;
            output.EndCommit();
            return;
        }
        if (_retry == FirstRetry)
        {
            var cause = ClientCauses.OfQueue(committed.Failure);
            log.QueueFailed(clientId, cause);
            output.Tell(new MqttClient.QueueFailing(cause));
        }
        _timers.StartSingleTimer(Retry.Instance, Retry.Instance, _retry);
        _retry = _retry * 2 < LastRetry ? _retry * 2 : LastRetry;
    }

    /// <summary>Tries a commit again that has failed.</summary>
    public void CommitAgain()
    {
        if (IsCommitting && !_isClosed)
            Commit();
    }

    /// <summary>Writes the remaining changes, once, and closes the queue. The actor receives <see cref="Closed"/>.</summary>
    public void Close()
    {
        if (_isClosed)
            return;
        _isClosed = true;
        _timers.Cancel(Retry.Instance);
        var last = _lastCommit;
        var left = Journal.Take();
        var pending = _pending; // changes of a commit that is under way or has failed; from here on only this method uses them
        var (queue, self) = (_queue, _self);
        _ = Task.Run(async () =>
        {
            Exception? failure = null;
            try
            {
                var isWritten = await WaitAsync(last).ConfigureAwait(false);
                var changes = isWritten ? left : [.. pending, .. left];
                if (changes.Count > 0)
                    await queue.CommitAsync(changes).ConfigureAwait(false);
            }
            catch (Exception error)
            {
                failure = error;
            }
            try
            {
                await queue.DisposeAsync().ConfigureAwait(false);
            }
            catch (Exception error)
            {
                failure ??= error;
            }
            self.Tell(new Closed(failure), self);
        });
    }

    private static async Task<bool> WaitAsync(Task commit)
    {
        try
        {
            await commit.ConfigureAwait(false);
            return true;
        }
        catch (Exception)
        {
            return false;
        }
    }

    private void Commit()
    {
        _pending.AddRange(Journal.Take());
        var (queue, self) = (_queue, _self);
        var changes = _pending.ToArray();
        _lastCommit = Task.Run(() => queue.CommitAsync(changes).AsTask());
        _lastCommit.ContinueWith(
            done => self.Tell(new Committed(done.Exception?.GetBaseException()), self), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    internal sealed record Committed(Exception? Failure) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    internal sealed record Closed(Exception? Failure) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    internal sealed class Retry : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static Retry Instance { get; } = new();
    }
}
