using Akka.Actor;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Routing;
using Akka.Mqtt.Server.Security;

namespace Akka.Mqtt.Server.Sessions;

/// <summary>What the client of the session may do.</summary>
internal sealed partial class SessionActor
{
    private ClientRights? _rights;
    private DeliveryGate? _gate; // only where deliveries need a look

    /// <summary>Takes the rights of a new connection, or those of new rules: subscriptions that they do not allow end now.</summary>
    private void UseRights(ClientRights? rights)
    {
        _rights = rights;
        if (rights is not null || _ownPublisher is not null)
            OwnPublisher.Rights = rights; // for the will
        _gate = rights is { GuardsDelivery: true } ? new DeliveryGate(rights) : null;
        if (rights is null || _state.SubscriptionCount == 0)
            return;
        var changes = new List<RoutingActor.Change>();
        foreach (var subscription in _state.Subscriptions)
        {
            if (!rights.MaySubscribe(subscription.Options.Filter))
                changes.Add(RoutingActor.Change.Of(subscription, null));
        }
        if (changes.Count == 0)
            return;
        var removed = _state.Subscriptions.Select(each => each.Options.Filter).Where(each => !rights.MaySubscribe(each)).ToList();
        foreach (var filter in removed)
            _state.Unsubscribe(filter);
        TellSubscriptions([], removed);
        _context.RoutingActor.Tell(new RoutingActor.Apply(_target, changes, null));
    }

    /// <summary>Whether the client may have a subscription that is valid otherwise; the interceptor may have changed its options.</summary>
    private ReasonCode Authorize(ref Subscription options)
    {
        if (_rights is not { } rights)
            return ReasonCode.Success;
        var refusal = rights.Intercept(ref options);
        if (refusal == ReasonCode.Success && !rights.MaySubscribe(options.Filter))
            refusal = ReasonCode.NotAuthorized; // U-3.9.3-1 v5
        return refusal == ReasonCode.Success ? refusal : Failure(refusal);
    }
}
