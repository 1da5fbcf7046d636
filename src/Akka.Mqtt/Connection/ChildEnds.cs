using Akka.Actor;

namespace Akka.Mqtt.Connection;

/// <summary>
/// Stops a child that fails, and says of every child that it has ended, as a death watch would. Akka tells a parent of the end of its children in
/// any case, here; a watch on top of that costs both sides records of a few hundred bytes. Runs in the parent, between two messages, when the
/// child is no longer among its children.
/// </summary>
/// <param name="decider">What is to be done about a failure.</param>
/// <param name="ended">Takes the child; must not throw.</param>
internal sealed class ChildEnds(Func<Exception, Directive> decider, Action<IActorRef> ended) : OneForOneStrategy(decider)
{
    public override void HandleChildTerminated(IActorContext actorContext, IActorRef child, IEnumerable<IInternalActorRef> children) => ended(child);
}
