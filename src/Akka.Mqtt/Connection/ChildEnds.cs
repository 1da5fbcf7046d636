using Akka.Actor;

namespace Akka.Mqtt.Connection;

/// <summary>
/// Stops a child that fails, and reports the end of every child, as a death watch would. Akka calls this strategy for every child that has stopped;
/// a death watch in addition costs parent and child some hundred bytes each. It runs in the parent between two messages, after Akka has removed the
/// child.
/// </summary>
/// <param name="decider">Decides what to do about a failure.</param>
/// <param name="ended">Called with the child that has stopped; must not throw.</param>
internal sealed class ChildEnds(Func<Exception, Directive> decider, Action<IActorRef> ended) : OneForOneStrategy(decider)
{
    public override void HandleChildTerminated(IActorContext actorContext, IActorRef child, IEnumerable<IInternalActorRef> children) => ended(child);
}
