using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Protocol.Session;

namespace Akka.Mqtt.Server.Routing;

/// <summary>
/// The single writer of the <see cref="RoutingTable"/>: a change is in force for every later publish when its answer is told, and a SUBACK that
/// leaves after the answer is true. Runs on the dispatcher of connections, so that a SUBSCRIBE is in force before another client's chunk is read.
/// </summary>
internal sealed class RoutingActor : UntypedActor
{
    private readonly RoutingTable _table;

    public RoutingActor(RoutingTable table) => _table = table;

    public static Props PropsFor(RoutingTable table) => Props.Create(() => new RoutingActor(table)).WithDeploy(Deploy.Local);

    protected override void OnReceive(object message)
    {
        if (message is not Apply apply)
        {
            Unhandled(message);
            return;
        }
        var index = _table.Current;
        foreach (var change in apply.Changes)
        {
            index = change.Subscriber is { } subscriber
                ? index.With(change.Filter, change.ShareName, subscriber)
                : index.Without(change.Filter, change.ShareName, apply.Target);
        }
        _table.Current = index;
        if (apply.Answer is not { } answer)
            return;
        answer.Version = index.Version;
        Sender.Tell(answer);
    }

    /// <summary>A change of one subscription.</summary>
    /// <param name="Filter">The filter to match by.</param>
    /// <param name="ShareName">The group of a shared subscription, or null.</param>
    /// <param name="Subscriber">The subscription, or null to remove it.</param>
    internal readonly record struct Change(string Filter, string? ShareName, Subscriber? Subscriber)
    {
        /// <summary>The change that a subscription makes, shared or not.</summary>
        public static Change Of(SessionSubscription subscription, Subscriber? subscriber) =>
            subscription.Shared is { } shared
                ? new Change(shared.Filter, shared.ShareName, subscriber)
                : new Change(subscription.Options.Filter, null, subscriber);
    }

    /// <summary>Asks for changes of one target.</summary>
    /// <param name="Target">The target.</param>
    /// <param name="Changes">The changes, in order.</param>
    /// <param name="Answer">What to tell the sender when they are in force; null for nothing.</param>
    internal sealed record Apply(DeliveryTarget Target, IReadOnlyList<Change> Changes, Applied? Answer)
        : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    /// <summary>Changes are in force.</summary>
    internal abstract class Applied : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        /// <summary>The <see cref="SubscriptionIndex.Version"/> that has them.</summary>
        public long Version { get; set; }
    }
}
