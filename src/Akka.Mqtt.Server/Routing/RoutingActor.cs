using Akka.Actor;
using Akka.Mqtt.Protocol.Session;

namespace Akka.Mqtt.Server.Routing;

/// <summary>
/// The single writer of the <see cref="RoutingTable"/>: gathers the changes that wait in its mailbox, swaps the index once, then answers
/// each: a SUBACK that leaves after the answer is true for every later publish.
/// </summary>
internal sealed class RoutingActor : UntypedActor
{
    private readonly RoutingTable _table;
    private readonly List<(Apply Command, IActorRef Sender)> _waiting = [];

    public RoutingActor(RoutingTable table) => _table = table;

    public static Props PropsFor(RoutingTable table) => Props.Create(() => new RoutingActor(table));

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Apply apply:
                if (_waiting.Count == 0)
                    Self.Tell(Swap.Instance); // comes after everything that is in the mailbox now
                _waiting.Add((apply, Sender));
                break;
            case Swap:
                var index = _table.Current;
                foreach (var (command, _) in _waiting)
                {
                    foreach (var change in command.Changes)
                    {
                        index = change.Subscriber is { } subscriber
                            ? index.With(change.Filter, change.ShareName, subscriber)
                            : index.Without(change.Filter, change.ShareName, command.Target);
                    }
                }
                _table.Current = index;
                foreach (var (command, sender) in _waiting)
                {
                    if (command.Answer is not null)
                        sender.Tell(command.Answer);
                }
                _waiting.Clear();
                break;
            default:
                Unhandled(message);
                break;
        }
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

    /// <summary>Asks for changes of one session.</summary>
    /// <param name="Target">The session.</param>
    /// <param name="Changes">The changes, in order.</param>
    /// <param name="Answer">What to tell the sender after the swap; null for nothing.</param>
    internal sealed record Apply(SessionTarget Target, IReadOnlyList<Change> Changes, object? Answer) : INoSerializationVerificationNeeded;

    private sealed class Swap : INoSerializationVerificationNeeded
    {
        public static readonly Swap Instance = new();
    }
}
