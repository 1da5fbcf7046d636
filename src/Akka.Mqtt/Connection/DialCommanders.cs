using Akka.Actor;
using Akka.Event;

namespace Akka.Mqtt.Connection;

/// <summary>
/// The dials in progress, by the actor that requested them. When that actor stops, its dials are cancelled. Owned by the manager, which
/// watches these actors.
/// </summary>
internal sealed class DialCommanders(IActorContext context)
{
    private readonly Dictionary<IActorRef, HashSet<CancellationTokenSource>> _dials = [];

    /// <summary>Registers a dial. The returned source cancels it.</summary>
    public CancellationTokenSource Begin(IActorRef commander)
    {
        var dial = new CancellationTokenSource();
        if (!IsWatched(commander))
            return dial;
        if (!_dials.TryGetValue(commander, out var dials))
        {
            _dials[commander] = dials = [];
            context.WatchWith(commander, new Stopped(commander));
        }

        dials.Add(dial);
        return dial;
    }

    /// <summary>Notes that a dial has ended. Returns false when its commander has stopped.</summary>
    public bool Ended(IActorRef commander, CancellationTokenSource dial)
    {
        if (!IsWatched(commander))
        {
            dial.Dispose();
            return true;
        }

        var alive = _dials.TryGetValue(commander, out var dials) && dials.Remove(dial);
        if (alive && dials!.Count == 0)
        {
            _dials.Remove(commander);
            context.Unwatch(commander);
        }

        dial.Dispose();
        return alive;
    }

    public void CommanderStopped(IActorRef commander)
    {
        if (!_dials.Remove(commander, out var dials))
            return;
        foreach (var dial in dials)
            dial.Cancel();
    }

    /// <summary>
    /// Whether the sender can be watched. Nobody never stops, and the reference of an <c>Ask</c> ends with its answer, not with the actor
    /// that asked.
    /// </summary>
    public static bool IsWatched(IActorRef commander) => !commander.IsNobody() && commander.Path.Elements is not ["temp" or "deadLetters", ..];

    /// <summary>A commander has stopped.</summary>
    internal sealed record Stopped(IActorRef Commander) : INoSerializationVerificationNeeded, IDeadLetterSuppression;
}
