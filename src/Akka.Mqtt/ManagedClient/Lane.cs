using Akka.Actor;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.ManagedClient;

/// <summary>Messages that are handled one after another. The first is being handled, waits for its next attempt, or becomes a dead letter.</summary>
internal sealed class Lane
{
    private readonly Queue<LaneWork> _works = new();
    private CancellationTokenSource _cancel = new();

    /// <summary>When the current attempt began; null while none is under way.</summary>
    public TimeSpan? StartedAt { get; private set; }

    public int Count => _works.Count;

    public IEnumerable<LaneWork> Works => _works;

    public LaneWork First => _works.Peek();

    public void Add(LaneWork work) => _works.Enqueue(work);

    public LaneWork RemoveFirst() => _works.Dequeue();

    /// <summary>An attempt begins.</summary>
    /// <returns>Its token.</returns>
    public CancellationToken Begin(TimeSpan now)
    {
        StartedAt = now;
        First.Attempt++;
        if (!_cancel.TryReset())
            _cancel = new CancellationTokenSource();
        return _cancel.Token;
    }

    /// <summary>The attempt has ended, or has timed out.</summary>
    public void End(bool cancel)
    {
        StartedAt = null;
        if (cancel)
            _cancel.Cancel();
    }

    /// <summary>Whether a report is of the current attempt; one that took too long may report later.</summary>
    public bool IsCurrent(LaneWork work, int attempt) => StartedAt is not null && ReferenceEquals(First, work) && work.Attempt == attempt;
}

/// <summary>A message in a lane.</summary>
/// <param name="message">The message.</param>
/// <param name="acknowledgement">What acknowledges it, for its source; null for QoS 0.</param>
/// <param name="source">The actor that delivered it.</param>
/// <param name="lane">Its lane.</param>
internal sealed class LaneWork(Publish message, object? acknowledgement, IActorRef source, Lane lane)
{
    public Publish Message => message;

    public object? Acknowledgement => acknowledgement;

    public IActorRef Source => source;

    public Lane Lane => lane;

    public int Attempt { get; set; }

    /// <summary>The exception of the last attempt, when the message becomes a dead letter.</summary>
    public Exception? Failure { get; set; }

    public int DeadLetterAttempts { get; set; }
}
