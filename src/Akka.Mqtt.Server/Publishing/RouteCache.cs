using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Limits;
using Akka.Mqtt.Server.Routing;
using Akka.Mqtt.Server.Security;
using Akka.Mqtt.Server.Settings;
using Akka.Mqtt.Server.Shared;

namespace Akka.Mqtt.Server.Publishing;

/// <summary>
/// Caches the routes of the topics of one publisher. All topics with the same subscribers have one route object. When the index changes
/// elsewhere, the topic is matched again; if it still has the same subscribers, the route is kept. Owned by one <see cref="Publisher"/>.
/// </summary>
/// <param name="context">The server.</param>
/// <param name="clientId">The client identifier of the publisher.</param>
/// <param name="isServer">Whether it may publish to the topics of the server (<c>$SYS</c>).</param>
/// <param name="batches">The batches of the targets.</param>
/// <param name="localOnly">Whether messages stay on this node.</param>
internal sealed class RouteCache(ServerContext context, string clientId, bool isServer, PendingBatches batches, bool localOnly)
{
    // A client that publishes to more topics than this needs a new match for some of them. The limit bounds the memory that one client can
    // take.
    private const int MaxCachedRoutes = 256;

    // Limit for the targets of all cached routes together, and for batches. Routes beyond it are matched again when topics change.
    private const int MaxCachedTargets = 4096;

    // After this many changes of the index the cache is emptied, because its routes may refer to sessions that have ended.
    private const int MaxChanges = 256;

    private Dictionary<string, Known>? _routes;
    private SubscriptionIndex? _index;
    private int _version; // counts the index changes seen so far
    private int _changesLeft = MaxChanges;
    private int _cachedTargets;
    private string? _lastTopic;
    private Route _lastRoute = Route.Nowhere;
    private Route _lastBuilt = Route.Nowhere;
    private SubscriptionIndex.Matches? _matches;
    private Dictionary<DeliveryTarget, int>? _places; // positions of the targets of the route being built
    private ClientRights? _rights;

    /// <summary>The rights of the publisher; null for all. Setting it discards the cached decisions.</summary>
    public ClientRights? Rights
    {
        get => _rights;
        set
        {
            _rights = value;
            ForgetRoutes();
        }
    }

    /// <summary>The route of a topic by the current index.</summary>
    public Route Of(string topic) => Of(topic, context.Routing.Current);

    /// <summary>The route of a topic.</summary>
    /// <param name="topic">The topic.</param>
    /// <param name="index">The index: the current one, or the one that was current at the publisher's last look-up.</param>
    public Route Of(string topic, SubscriptionIndex index)
    {
        if (!ReferenceEquals(index, _index))
            IndexChanged(index);
        else if (ReferenceEquals(topic, _lastTopic))
            return _lastRoute;
        ref var known = ref CollectionsMarshal.GetValueRefOrNullRef(_routes!, topic);
        Route route;
        if (Unsafe.IsNullRef(ref known))
        {
            route = Remember(topic, index);
        }
        else
        {
            if (known.Version != _version)
                known = new Known(Refresh(topic, known.Route, index), _version);
            route = known.Route;
        }
        _lastTopic = topic;
        return _lastRoute = route;
    }

    private void IndexChanged(SubscriptionIndex index)
    {
        _index = index;
        _version++;
        _lastTopic = null;
        _routes ??= new Dictionary<string, Known>(StringComparer.Ordinal);
        if (--_changesLeft > 0)
            return;
        _changesLeft = MaxChanges;
        ForgetRoutes();
        ForgetBatches();
        _index = index;
    }

    private void ForgetRoutes()
    {
        _routes?.Clear();
        _cachedTargets = 0;
        _lastTopic = null;
        _index = null;
    }

    private void ForgetBatches()
    {
        _lastBuilt = Route.Nowhere;
        batches.Forget();
    }

    private Route Remember(string topic, SubscriptionIndex index)
    {
        if (_routes!.Count >= MaxCachedRoutes || _cachedTargets > MaxCachedTargets)
        {
            _routes.Clear();
            _cachedTargets = 0;
            if (batches.Count > MaxCachedTargets)
                ForgetBatches();
        }
        var route = Find(topic, index);
        _routes.Add(topic, new Known(route, _version));
        return route;
    }

    private Route Find(string topic, SubscriptionIndex index)
    {
        if (topic.AsSpan().Count('/') >= context.Settings.MaxTopicLevels)
            return Route.Refused(ReasonCode.TopicNameInvalid);
        if (ControlCharacters.AreRefused(topic, context.Settings.Features) || TopicLength.Exceeds(topic, context.Settings.Limits.MaxTopicLength))
            return Route.Refused(ReasonCode.TopicNameInvalid);
        if (isServer)
            return Match(topic, index, _lastBuilt);
        if (topic.StartsWith("$SYS", StringComparison.Ordinal) || topic.StartsWith("$share/", StringComparison.Ordinal))
            return Route.Refused(ReasonCode.NotAuthorized); // U-4.7.2-1 v5: these are the server's own
        if (_rights is not null && !_rights.MayPublish(topic))
            return Route.Refused(ReasonCode.NotAuthorized); // [MQTT-3.3.5-2 v3.1.1]
        return Match(topic, index, _lastBuilt);
    }

    /// <summary>The route of a topic after a change of the index.</summary>
    private Route Refresh(string topic, Route route, SubscriptionIndex index) => route.Subscribers is null ? route : Match(topic, index, route);

    private Route Match(string topic, SubscriptionIndex index, Route likely)
    {
        var matches = _matches ??= new SubscriptionIndex.Matches();
        matches.Clear();
        index.Match(topic, matches);
        var found = CollectionsMarshal.AsSpan(matches.Found);
        if (found.IsEmpty)
            return Route.Nowhere;
        var rules = context.Topics?.For(topic) ?? [];
        if (likely.IsFor(found, rules))
            return likely;
        if (_lastBuilt.IsFor(found, rules))
            return _lastBuilt;
        var targets = found.Length == 1 ? TargetsOf(found[0]) : TargetsOf(found);
        _cachedTargets += targets.Count;
        // A matching subscription counts even when No Local excludes it from the message.
        return _lastBuilt = new Route(found.ToArray(), PartsOf(targets, rules), GroupsOf(found), ReasonCode.Success, rules);
    }

    private List<RouteTarget> TargetsOf(FilterSubscribers subscribers)
    {
        if (subscribers is Subscriber one)
            return IsSkipped(one) ? [] : [TargetOf(one)];
        var members = ((ManySubscribers)subscribers).Members.All;
        var targets = new List<RouteTarget>(members.Length);
        foreach (var subscriber in members)
        {
            if (!IsSkipped(subscriber))
                targets.Add(TargetOf(subscriber));
        }
        return targets;
    }

    private List<RouteTarget> TargetsOf(ReadOnlySpan<FilterSubscribers> found)
    {
        var places = _places ??= [];
        places.Clear();
        var targets = new List<RouteTarget>();
        foreach (var subscribers in found)
        {
            if (subscribers is Subscriber one)
                Join(targets, places, one);
            else
            {
                foreach (var subscriber in ((ManySubscribers)subscribers).Members.All)
                    Join(targets, places, subscriber);
            }
        }
        if (places.Count > MaxCachedTargets)
            _places = null;
        return targets;
    }

    private void Join(List<RouteTarget> targets, Dictionary<DeliveryTarget, int> places, Subscriber subscriber)
    {
        if (IsSkipped(subscriber))
            return;
        ref var place = ref CollectionsMarshal.GetValueRefOrAddDefault(places, subscriber.Target, out var isThere);
        if (isThere)
        {
            targets[place] = TargetOf(subscriber).And(targets[place]);
            return;
        }
        place = targets.Count;
        targets.Add(TargetOf(subscriber));
    }

    /// <summary>
    /// Groups targets that receive a message in the same form. Targets with subscription identifiers get a part of their own.
    /// </summary>
    private static RoutePart[] PartsOf(List<RouteTarget> targets, DurabilityRule[] rules)
    {
        var alike = new List<PendingBatch>?[12]; // by QoS, Retain As Published, and whether the messages are written
        var parts = new List<RoutePart>();
        foreach (var target in targets)
        {
            var isWritten = rules.Length == 0 || TopicDurability.Writes(rules, target.PendingBatch.Target.ClientId);
            if (target.Identifiers.IsEmpty)
                (alike[((int)target.QoS * 2) + (target.RetainAsPublished ? 1 : 0) + (isWritten ? 0 : 6)] ??= []).Add(target.PendingBatch);
            else
                parts.Add(PartOf(target.QoS, target.RetainAsPublished, target.Identifiers, [target.PendingBatch], isWritten));
        }
        for (var at = 0; at < alike.Length; at++)
        {
            if (alike[at] is { } batches)
                parts.Add(PartOf((QualityOfService)(at % 6 / 2), at % 2 == 1, default, [.. batches], at < 6));
        }
        return [.. parts];
    }

    private static RoutePart PartOf(
        QualityOfService qos, bool retainAsPublished, MqttList<uint> identifiers, PendingBatch[] batches, bool isWritten)
    {
        List<long>? sessions = null;
        foreach (var pending in batches)
        {
            if (isWritten && pending.Target.Session != 0)
                (sessions ??= []).Add(pending.Target.Session);
        }
        return new RoutePart(qos, retainAsPublished, identifiers, batches, sessions is null ? [] : [.. sessions], isWritten);
    }

    private static SharedGroup[] GroupsOf(ReadOnlySpan<FilterSubscribers> found)
    {
        SharedGroup[] groups = [];
        foreach (var subscribers in found)
        {
            if (subscribers is ManySubscribers { Groups.Length: > 0 } all)
                groups = groups.Length == 0 ? all.Groups : [.. groups, .. all.Groups];
        }
        return groups;
    }

    /// <summary>Whether a subscriber does not receive messages of this publisher.</summary>
    private bool IsSkipped(Subscriber subscriber) =>
        (subscriber.NoLocal && subscriber.Target.IsOfClient(clientId)) // [MQTT-3.8.3-3 v5]
        || (localOnly && subscriber.IsNode);

    private RouteTarget TargetOf(Subscriber subscriber) =>
        new(batches.Of(subscriber.Target), subscriber.QoS, subscriber.RetainAsPublished, MessageShape.Identifiers(subscriber.Identifier));

    private readonly record struct Known(Route Route, int Version);
}
