using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Limits;

namespace Akka.Mqtt.Server.Routing;

/// <summary>
/// Where topics go. A route is made once for all topics that the same audiences want, and stays when the index changes elsewhere: then the topic is
/// matched again, which finds the same audiences.
/// </summary>
internal sealed partial class Publisher
{
    // A client that publishes to more topics than this at a time pays for matching again; one that wants to cost memory cannot cost more.
    private const int MaxCachedRoutes = 256;

    // Of routes that are remembered, together, and of outboxes: what goes to more sessions is looked up again when topics change.
    private const int MaxCachedOutboxes = 4096;

    // After so many changes of the index what is remembered may be of sessions that are gone.
    private const int MaxTurns = 256;

    private static readonly Route Nowhere = new([], [], [], ReasonCode.NoMatchingSubscribers);

    private Dictionary<string, Known>? _routes;
    private SubscriptionIndex? _index;
    private int _turn; // counts the changes of the index that were seen
    private int _turnsLeft = MaxTurns;
    private int _cachedOutboxes;
    private string? _lastTopic;
    private Route _lastRoute = Nowhere;
    private Route _lastBuilt = Nowhere;
    private SubscriptionIndex.Matches? _matches;
    private Dictionary<SessionTarget, int>? _places; // of hops of the route that is being made

    private Route RouteOf(string topic)
    {
        var index = _context.Routing.Current;
        if (!ReferenceEquals(index, _index))
            Turn(index);
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
            if (known.Turn != _turn)
                known = new Known(Again(topic, known.Route, index), _turn);
            route = known.Route;
        }
        _lastTopic = topic;
        return _lastRoute = route;
    }

    private void Turn(SubscriptionIndex index)
    {
        _index = index;
        _turn++;
        _lastTopic = null;
        _routes ??= new Dictionary<string, Known>(StringComparer.Ordinal);
        if (--_turnsLeft > 0)
            return;
        _turnsLeft = MaxTurns;
        ForgetRoutes();
        ForgetOutboxes();
        _index = index;
    }

    private void ForgetRoutes()
    {
        _routes?.Clear();
        _cachedOutboxes = 0;
        _lastTopic = null;
        _index = null;
    }

    /// <summary>Routes have outboxes, and there must not be two of one session.</summary>
    private void ForgetOutboxes()
    {
        PutRow();
        _lastBuilt = Nowhere;
        if (_outboxes is null)
            return;
        _outboxes.Clear();
        foreach (var outbox in _filled) // these hold messages of this chunk, and what follows goes behind them
            _outboxes.Add(outbox.Target, outbox);
    }

    private Route Remember(string topic, SubscriptionIndex index)
    {
        if (_routes!.Count >= MaxCachedRoutes || _cachedOutboxes > MaxCachedOutboxes)
        {
            _routes.Clear();
            _cachedOutboxes = 0;
            if (_outboxes?.Count > MaxCachedOutboxes)
                ForgetOutboxes();
        }
        var route = Find(topic, index);
        _routes.Add(topic, new Known(route, _turn));
        return route;
    }

    private Route Find(string topic, SubscriptionIndex index)
    {
        if (topic.AsSpan().Count('/') >= _context.Settings.MaxTopicLevels)
            return Route.Refused(ReasonCode.TopicNameInvalid);
        if (TopicLength.Exceeds(topic, _context.Settings.Limits.MaxTopicLength))
            return Route.Refused(ReasonCode.TopicNameInvalid);
        if (_isServer)
            return Match(topic, index, _lastBuilt);
        if (topic.StartsWith("$SYS", StringComparison.Ordinal) || topic.StartsWith("$share/", StringComparison.Ordinal))
            return Route.Refused(ReasonCode.NotAuthorized); // U-4.7.2-1 v5: these are the server's own
        if (_rights is not null && !_rights.MayPublish(topic))
            return Route.Refused(ReasonCode.NotAuthorized); // [MQTT-3.3.5-2 v3.1.1]
        return Match(topic, index, _lastBuilt);
    }

    /// <summary>The route of a topic after the index has changed.</summary>
    private Route Again(string topic, Route route, SubscriptionIndex index) => route.Audiences is null ? route : Match(topic, index, route);

    private Route Match(string topic, SubscriptionIndex index, Route likely)
    {
        var matches = _matches ??= new SubscriptionIndex.Matches();
        matches.Clear();
        index.Match(topic, matches);
        var found = CollectionsMarshal.AsSpan(matches.Found);
        if (found.IsEmpty)
            return Nowhere;
        if (likely.IsFor(found))
            return likely;
        if (_lastBuilt.IsFor(found))
            return _lastBuilt;
        var hops = found.Length == 1 ? HopsOf(found[0]) : HopsOf(found);
        _cachedOutboxes += hops.Count;
        // A subscription that matches counts, although No Local keeps the message from it.
        return _lastBuilt = new Route(found.ToArray(), LanesOf(hops), GroupsOf(found), ReasonCode.Success);
    }

    private List<Hop> HopsOf(Audience audience)
    {
        if (audience is Subscriber one)
            return IsLocal(one) ? [] : [HopOf(one)];
        var members = ((Crowd)audience).Members.All;
        var hops = new List<Hop>(members.Length);
        foreach (var subscriber in members)
        {
            if (!IsLocal(subscriber))
                hops.Add(HopOf(subscriber));
        }
        return hops;
    }

    private List<Hop> HopsOf(ReadOnlySpan<Audience> audiences)
    {
        var places = _places ??= [];
        places.Clear();
        var hops = new List<Hop>();
        foreach (var audience in audiences)
        {
            if (audience is Subscriber one)
                Join(hops, places, one);
            else
            {
                foreach (var subscriber in ((Crowd)audience).Members.All)
                    Join(hops, places, subscriber);
            }
        }
        if (places.Count > MaxCachedOutboxes)
            _places = null;
        return hops;
    }

    private void Join(List<Hop> hops, Dictionary<SessionTarget, int> places, Subscriber subscriber)
    {
        if (IsLocal(subscriber))
            return;
        ref var place = ref CollectionsMarshal.GetValueRefOrAddDefault(places, subscriber.Target, out var isThere);
        if (isThere)
        {
            hops[place] = HopOf(subscriber).And(hops[place]);
            return;
        }
        place = hops.Count;
        hops.Add(HopOf(subscriber));
    }

    /// <summary>Sessions that get a message in the same shape, together; one with subscription identifiers by itself.</summary>
    private static Lane[] LanesOf(List<Hop> hops)
    {
        var alike = new List<Outbox>?[6]; // by QoS and Retain As Published
        var lanes = new List<Lane>();
        foreach (var hop in hops)
        {
            if (hop.Identifiers.IsEmpty)
                (alike[((int)hop.QoS * 2) + (hop.RetainAsPublished ? 1 : 0)] ??= []).Add(hop.Outbox);
            else
                lanes.Add(new Lane(hop.QoS, hop.RetainAsPublished, hop.Identifiers, [hop.Outbox]));
        }
        for (var at = 0; at < alike.Length; at++)
        {
            if (alike[at] is { } outboxes)
                lanes.Add(new Lane((QualityOfService)(at / 2), at % 2 == 1, default, [.. outboxes]));
        }
        return [.. lanes];
    }

    private static SharedGroup[] GroupsOf(ReadOnlySpan<Audience> audiences)
    {
        SharedGroup[] groups = [];
        foreach (var audience in audiences)
        {
            if (audience is Crowd { Groups.Length: > 0 } crowd)
                groups = groups.Length == 0 ? crowd.Groups : [.. groups, .. crowd.Groups];
        }
        return groups;
    }

    private bool IsLocal(Subscriber subscriber) => subscriber.NoLocal && subscriber.Target.ClientId == _clientId; // [MQTT-3.8.3-3 v5]

    private Hop HopOf(Subscriber subscriber) =>
        new(OutboxOf(subscriber.Target), subscriber.QoS, subscriber.RetainAsPublished, Identifiers(subscriber.Identifier));

    private readonly record struct Known(Route Route, int Turn);

    /// <summary>Where messages go that certain audiences want, for this publisher.</summary>
    /// <param name="Audiences">The audiences; null when messages are refused, whoever may want them.</param>
    /// <param name="Lanes">Sessions, each once.</param>
    /// <param name="Groups">Shared subscriptions.</param>
    /// <param name="Result">What a publisher is told.</param>
    private sealed record Route(Audience[]? Audiences, Lane[] Lanes, SharedGroup[] Groups, ReasonCode Result)
    {
        public static Route Refused(ReasonCode reason) => new(null, [], [], reason);

        public bool IsFor(ReadOnlySpan<Audience> audiences)
        {
            if (Audiences is null || Audiences.Length != audiences.Length)
                return false;
            for (var at = 0; at < audiences.Length; at++)
            {
                if (!ReferenceEquals(Audiences[at], audiences[at]))
                    return false;
            }
            return true;
        }
    }

    /// <summary>Sessions that get the same messages.</summary>
    private readonly record struct Lane(QualityOfService QoS, bool RetainAsPublished, MqttList<uint> Identifiers, Outbox[] Outboxes);

    /// <summary>One session that a topic goes to: one copy, however many of its subscriptions match.</summary>
    private readonly record struct Hop(Outbox Outbox, QualityOfService QoS, bool RetainAsPublished, MqttList<uint> Identifiers)
    {
        /// <summary>[MQTT-3.3.4-2 v5] [MQTT-3.3.5-1 v3.1.1] the highest QoS; [MQTT-3.3.4-4 v5] all identifiers.</summary>
        public Hop And(Hop other) => new(
            Outbox,
            QoS > other.QoS ? QoS : other.QoS,
            RetainAsPublished || other.RetainAsPublished,
            Identifiers.IsEmpty ? other.Identifiers : [.. other.Identifiers, .. Identifiers]);
    }
}
