using Akka.Event;
using Akka.Mqtt.Logs;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Limits;
using Akka.Mqtt.Server.PacketRules;
using Akka.Mqtt.Server.Routing;
using Akka.Mqtt.Server.Security;
using Akka.Mqtt.Server.Shared;
using Akka.Mqtt.Server.Stores;
using Akka.Mqtt.Server.Telemetry;

namespace Akka.Mqtt.Server.Sessions;

/// <summary>
/// Handles SUBSCRIBE and UNSUBSCRIBE of one session: checks them, and changes the session and the routing table. When it returns the
/// answer, the subscription is in force for every publisher, or for none. Owned by the session.
/// </summary>
internal sealed class SubscriptionHandler(ServerContext context, string clientId, EventStream events)
{
    private static readonly Violation NoLocalOnShared = Violation.Protocol("SUBSCRIBE has No Local set on a shared subscription");
    private static readonly Violation NoIdentifiers =
        new(ReasonCode.SubscriptionIdentifiersNotSupported, "SUBSCRIBE has a Subscription Identifier, which the server does not support");
    private static readonly Violation NoShared = new(ReasonCode.SharedSubscriptionsNotSupported, "SUBSCRIBE has a shared subscription, which the server does not support");
    private static readonly Violation NoWildcards = new(ReasonCode.WildcardSubscriptionsNotSupported, "SUBSCRIBE has a filter with a wildcard, which the server does not support");

    /// <summary>Changes of a durable session, which are appended to the storage before publishers use them.</summary>
    public SessionLog? Log { get; set; }

    private MqttServerFeatures Features => context.Settings.Features;

    /// <summary>Checks a SUBSCRIBE as a whole. Returns the violation of the protocol; null for none.</summary>
    public Violation? Check(Subscribe subscribe, ClientLink link)
    {
        if (link.IsV5 && Unavailable(subscribe) is { } unavailable)
            return unavailable;
        foreach (var subscription in subscribe.Subscriptions)
        {
            if (subscription.NoLocal && SharedFilter.IsShared(subscription.Filter))
                return NoLocalOnShared; // [MQTT-3.8.3-4 v5]
        }
        return null;
    }

    /// <summary>Handles a SUBSCRIBE that has passed the check, and requests its retained messages from the session.</summary>
    /// <returns>The answer.</returns>
    public SubAck Subscribe(Subscribe subscribe, SessionLife life, ClientLink link, ClientRights? rights)
    {
        var (core, target) = (life.Core!, life.Target!);
        subscribe = Mounted(subscribe, link);
        var codes = new ReasonCode[subscribe.Subscriptions.Count];
        var changes = new List<RouteChange>(codes.Length);
        var replays = new List<SessionSubscription>();
        var accepted = new List<Subscription>(codes.Length);
        var identifier = subscribe.Properties?.SubscriptionIdentifier ?? 0;
        for (var at = 0; at < codes.Length; at++) // [MQTT-3.8.4-5 v5] [MQTT-3.8.4-4 v3.1.1] one after the other, answered together
        {
            var options = Granted(subscribe.Subscriptions[at], link);
            codes[at] = Check(options, core, link, rights, out options); // [MQTT-3.8.4-6 v5] [MQTT-3.9.3-1] one code a filter, in order
            SessionSubscription? before = null;
            SharedFilter? shared = HasShared(link) && SharedFilter.TryParse(options.Filter, out var parsed) ? parsed : null;
            var subscription = new SessionSubscription(options, identifier, shared);
            if (codes[at] < ReasonCode.UnspecifiedError && !core.Subscriptions.TryAdd(subscription, out before)) // [MQTT-3.8.4-3]
                codes[at] = Failure(ReasonCode.QuotaExceeded, link);
            if (codes[at] >= ReasonCode.UnspecifiedError)
            {
                CountRefused(options.Filter, codes[at], link);
                continue;
            }
            accepted.Add(options);
            if (before is null)
                context.Stats.AddSubscription(options.Filter, 1);
            else if (before.Shared != shared)
                changes.Add(RouteChange.Of(before, null)); // made by a connection with another version
            changes.Add(RouteChange.Of(subscription, Subscriber.Of(target, subscription)));
            var wanted = options.RetainHandling switch
            {
                RetainHandling.SendAtSubscribe => true, // [MQTT-3.3.1-9 v5] [MQTT-3.3.1-6 v3.1.1] [MQTT-3.8.4-4 v5]
                RetainHandling.SendIfNewSubscription => before is null, // [MQTT-3.3.1-10 v5]
                _ => false, // [MQTT-3.3.1-11 v5]
            };
            if (wanted && shared is null) // U-3.8.4-2 v5
                replays.Add(subscription);
        }
        core.Commit();
        TellSubscriptions(accepted, []);
        // [MQTT-3.8.4-1] [MQTT-3.8.4-2]
        var answer = new SubAck { PacketId = subscribe.PacketId, ReasonCodes = MqttList.Wrap(codes) };
        var failed = Array.FindIndex(codes, static code => code >= ReasonCode.UnspecifiedError);
        if (failed >= 0 && Reasons.Of(codes[failed], link.WantsReasons) is { } why)
        {
            var explained = answer with { Properties = why };
            if (Reasons.Fits(explained, link.MaximumPacketSize)) // [MQTT-3.9.2-1 v5]
                answer = explained;
        }
        var version = Apply(target, changes);
        foreach (var subscription in replays)
            life.Replay(subscription, version);
        return answer;
    }

    /// <summary>Handles an UNSUBSCRIBE.</summary>
    /// <returns>The answer.</returns>
    public UnsubAck Unsubscribe(Unsubscribe unsubscribe, SessionCore core, ClientLink link, DeliveryTarget target)
    {
        unsubscribe = Mounted(unsubscribe, link);
        var codes = new ReasonCode[unsubscribe.Filters.Count];
        var changes = new List<RouteChange>(codes.Length);
        var removed = new List<string>(codes.Length);
        for (var at = 0; at < codes.Length; at++) // [MQTT-3.10.4-6] [MQTT-3.11.3-1 v5]
        {
            var filter = unsubscribe.Filters[at];
            var before = core.Subscriptions.Remove(filter); // [MQTT-3.10.4-1]
            codes[at] = before is null ? ReasonCode.NoSubscriptionExisted : ReasonCode.Success;
            if (before is null)
                continue;
            removed.Add(filter);
            changes.Add(RouteChange.Of(before, null)); // [MQTT-3.10.4-2]; messages that are queued or on the way are still sent [MQTT-3.10.4-3]
        }
        core.Commit();
        TellSubscriptions([], removed);
        Apply(target, changes);
        return new UnsubAck // [MQTT-3.10.4-4] [MQTT-3.10.4-5] also when nothing was deleted
        {
            PacketId = unsubscribe.PacketId,
            ReasonCodes = link.IsV5 ? MqttList.Wrap(codes) : default,
        };
    }

    /// <summary>Removes the subscriptions that the rights do not allow.</summary>
    public void RemoveForbidden(ClientRights rights, SessionCore core, DeliveryTarget target)
    {
        var changes = new List<RouteChange>();
        var removed = new List<string>();
        foreach (var subscription in core.Subscriptions.All)
        {
            if (rights.MaySubscribe(subscription.Options.Filter))
                continue;
            changes.Add(RouteChange.Of(subscription, null));
            removed.Add(subscription.Options.Filter);
        }
        if (changes.Count == 0)
            return;
        foreach (var filter in removed)
            core.Subscriptions.Remove(filter);
        core.Commit();
        TellSubscriptions([], removed);
        Apply(target, changes);
    }

    /// <summary>Removes the routes of all subscriptions, because the session ends. Call it before <see cref="SessionCore.End"/>.</summary>
    public void RemoveAll(SessionCore core, DeliveryTarget target)
    {
        if (core.Subscriptions.Count == 0)
            return;
        var changes = new List<RouteChange>(core.Subscriptions.Count);
        var removed = new List<string>(core.Subscriptions.Count);
        foreach (var subscription in core.Subscriptions.All)
        {
            changes.Add(RouteChange.Of(subscription, null));
            removed.Add(subscription.Options.Filter);
        }
        TellSubscriptions([], removed);
        Apply(target, changes);
    }

    /// <summary>Removes the routes of a session that the storage has lost.</summary>
    /// <param name="target">The session.</param>
    public void RemoveLost(SessionTarget target)
    {
        var changes = new List<RouteChange>();
        var removed = new List<string>();
        foreach (var (filter, shareName) in context.Routing.Current.FiltersOf(SubscriberId.Of(target)))
        {
            var whole = shareName is null ? filter : $"$share/{shareName}/{filter}";
            changes.Add(new RouteChange(filter, shareName, null));
            removed.Add(whole);
            context.Memory.Return(MemoryKind.Subscriptions, MemoryCost.OfParkedSubscription(whole));
        }
        TellSubscriptions([], removed);
        Apply(target, changes);
    }

    private bool HasShared(ClientLink link) => link.IsV5 || context.Settings.SharedSubscriptionsBefore5;

    /// <summary>5.0: CONNACK has announced that this is not available, so the client violates the protocol.</summary>
    private Violation? Unavailable(Subscribe subscribe)
    {
        if (!Features.SubscriptionIdentifiersAvailable && subscribe.Properties?.SubscriptionIdentifier is not null)
            return NoIdentifiers; // U-3.2.2.3.12
        if (Features.SharedSubscriptionsAvailable && Features.WildcardSubscriptionsAvailable)
            return null;
        foreach (var subscription in subscribe.Subscriptions)
        {
            if (!Features.SharedSubscriptionsAvailable && SharedFilter.IsShared(subscription.Filter))
                return NoShared; // U-3.2.2.3.13
            if (!Features.WildcardSubscriptionsAvailable && TopicFilter.HasWildcard(subscription.Filter))
                return NoWildcards; // U-3.2.2.3.11
        }
        return null;
    }

    /// <summary>The granted QoS, or the reason code of the refusal.</summary>
    private ReasonCode Check(Subscription options, SessionCore core, ClientLink link, ClientRights? rights, out Subscription granted)
    {
        granted = options;
        var filter = options.Filter;
        var isShared = HasShared(link) && SharedFilter.IsShared(filter);
        // In 3.x a filter that begins with $share/ is an ordinary one, unless a setting changes that. [MQTT-4.8.2-1 v5] [MQTT-4.8.2-2 v5]
        if (!TopicFilter.IsValid(filter) || (isShared && !SharedFilter.IsValid(filter)))
            return Failure(ReasonCode.TopicFilterInvalid, link);
        if (filter.AsSpan().Count('/') >= context.Settings.MaxTopicLevels)
            return Failure(ReasonCode.TopicFilterInvalid, link);
        if (!Features.WildcardSubscriptionsAvailable && TopicFilter.HasWildcard(filter))
            return Failure(ReasonCode.WildcardSubscriptionsNotSupported, link);
        if (!Features.SharedSubscriptionsAvailable && isShared)
            return Failure(ReasonCode.SharedSubscriptionsNotSupported, link);
        if (ControlCharacters.AreRefused(filter, Features) || TopicLength.Exceeds(filter, context.Settings.Limits.MaxTopicLength))
            return Failure(ReasonCode.TopicFilterInvalid, link);
        if (core.Subscriptions.Count >= context.Settings.MaxSubscriptions && !core.Subscriptions.Contains(filter))
            return Failure(ReasonCode.QuotaExceeded, link);
        var authorized = Authorize(ref granted, link, rights);
        if (authorized != ReasonCode.Success)
            return authorized;
        return (ReasonCode)granted.QoS; // [MQTT-3.8.4-7 v5]
    }

    /// <summary>Checks whether the client has the right for a valid subscription. The interceptor may change its options.</summary>
    private static ReasonCode Authorize(ref Subscription options, ClientLink link, ClientRights? rights)
    {
        if (rights is null)
            return ReasonCode.Success;
        var refusal = rights.Intercept(ref options);
        if (refusal == ReasonCode.Success && !rights.MaySubscribe(options.Filter))
            refusal = ReasonCode.NotAuthorized; // U-3.9.3-1 v5
        return refusal == ReasonCode.Success ? refusal : Failure(refusal, link);
    }

    /// <summary>Lowers a QoS above the Maximum QoS of the server, instead of refusing it [MQTT-3.2.2-10].</summary>
    private Subscription Granted(Subscription options, ClientLink link)
    {
        if (options.QoS > Features.MaximumQoS)
            options = options with { QoS = Features.MaximumQoS };
        // These options are what a bridge of version 5.0 requests by itself.
        return link.IsBridge ? options with { NoLocal = !SharedFilter.IsShared(options.Filter), RetainAsPublished = true } : options;
    }

    /// <summary>3.x has only one failure code [MQTT-3.9.3-2 v3.1.1].</summary>
    private static ReasonCode Failure(ReasonCode code, ClientLink link) => link.IsV5 ? code : ReasonCode.UnspecifiedError;

    private Subscribe Mounted(Subscribe packet, ClientLink link) => link.MountPoint.Length == 0 ? packet : packet with
    {
        Subscriptions = MqttList.From(packet.Subscriptions.Select(
            each => each with { Filter = MountPoint.Put(link.MountPoint, each.Filter, HasShared(link)) })),
    };

    private Unsubscribe Mounted(Unsubscribe packet, ClientLink link) => link.MountPoint.Length == 0 ? packet : packet with
    {
        Filters = MqttList.From(packet.Filters.Select(each => MountPoint.Put(link.MountPoint, each, HasShared(link)))),
    };

    private long Apply(DeliveryTarget target, List<RouteChange> changes)
    {
        Log?.Flush();
        return context.Routing.Apply(target, changes);
    }

    private void TellSubscriptions(List<Subscription> added, List<string> removed)
    {
        foreach (var filter in removed)
            context.Stats.AddSubscription(filter, -1);
        if (added.Count + removed.Count > 0)
        {
            events.Publish(new SubscriptionChanged(
                context.Admin, clientId, MqttList.From(added), MqttList.From(removed)));
        }
    }

    private void CountRefused(string filter, ReasonCode reason, ClientLink link)
    {
        context.Stats.AddRefusal(Refused.Subscribe, reason);
        var level = context.Refusals.Level(RefusalKind.Subscription, link.Transport.RemoteAddress, context.Log);
        context.Log.Write(level, null, "{ClientId} at {Transport} may not subscribe to {Filter}: {Reason}", clientId, link.Transport, filter, reason);
    }
}
