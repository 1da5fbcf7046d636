using Akka.Actor;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;
using Akka.Mqtt.Server.Connections;
using Akka.Mqtt.Server.Limits;
using Akka.Mqtt.Server.Routing;

namespace Akka.Mqtt.Server.Sessions;

/// <summary>From the client: acknowledgements and subscriptions.</summary>
internal sealed partial class SessionActor
{
    private bool IsV5 => _attached!.Version == MqttVersion.V5;

    private bool KnowsShared => IsV5 || _context.Settings.SharedSubscriptionsBefore5;

    private void Receive(SessionProtocol.FromClient from)
    {
        if (from.Epoch != _attached?.Epoch)
            return; // fenced: that connection has lost the session
        foreach (var packet in from.Packets)
        {
            var result = AckResult.Done;
            switch (packet)
            {
                case PubAck ack:
                    result = _state.Outbound.PubAck(ack.PacketId);
                    break;
                case PubRec rec:
                    var accepted = rec.ReasonCode < ReasonCode.UnspecifiedError;
                    result = _state.Outbound.PubRec(rec.PacketId, accepted);
                    if (result == AckResult.Release)
                        _out.Add(new PubRel(rec.PacketId)); // [MQTT-4.3.3-4 v5], in the order of the PUBRECs [MQTT-4.6.0-4]
                    else if (result == AckResult.Unknown && accepted)
                        _out.Add(new PubRel(rec.PacketId, IsV5 ? ReasonCode.PacketIdentifierNotFound : ReasonCode.Success));
                    break;
                case PubComp comp:
                    result = _state.Outbound.PubComp(comp.PacketId);
                    break;
                case Subscribe subscribe:
                    Subscribe(subscribe);
                    break;
                case Unsubscribe unsubscribe:
                    Unsubscribe(unsubscribe);
                    break;
            }
            if (result == AckResult.WrongKind) // section 4.8 of 3.1.1, section 4.13 of 5.0
            {
                _attached.Client.Tell(new SessionProtocol.Detach(ReasonCode.ProtocolError));
                break;
            }
        }
        Pump();
    }

    private void Subscribe(Subscribe subscribe)
    {
        var codes = new ReasonCode[subscribe.Subscriptions.Count];
        var changes = new List<RoutingActor.Change>(codes.Length);
        var replays = new List<SessionSubscription>();
        var accepted = new List<Subscription>(codes.Length);
        var identifier = subscribe.Properties?.SubscriptionIdentifier ?? 0;
        for (var at = 0; at < codes.Length; at++) // [MQTT-3.8.4-5 v5] [MQTT-3.8.4-4 v3.1.1] one after the other, answered together
        {
            var options = Granted(subscribe.Subscriptions[at]);
            codes[at] = Check(options, out options); // [MQTT-3.8.4-6 v5] [MQTT-3.9.3-1] one code a filter, in order
            if (codes[at] >= ReasonCode.UnspecifiedError)
            {
                CountRefused(options.Filter, codes[at]);
                continue;
            }
            accepted.Add(options);
            SharedFilter? shared = KnowsShared && SharedFilter.TryParse(options.Filter, out var parsed) ? parsed : null;
            var subscription = new SessionSubscription(options, identifier, shared);
            var before = _state.Subscribe(subscription); // [MQTT-3.8.4-3]
            if (before is null)
                _context.Stats.AddSubscription(options.Filter, 1);
            else if (before.Shared != shared)
                changes.Add(RoutingActor.Change.Of(before, null)); // made by a connection of another version
            changes.Add(RoutingActor.Change.Of(subscription, Subscriber.Of(_target, subscription)));
            var wanted = options.RetainHandling switch
            {
                RetainHandling.SendAtSubscribe => true, // [MQTT-3.3.1-9 v5] [MQTT-3.3.1-6 v3.1.1] [MQTT-3.8.4-4 v5]
                RetainHandling.SendIfNewSubscription => before is null, // [MQTT-3.3.1-10 v5]
                _ => false, // [MQTT-3.3.1-11 v5]
            };
            if (wanted && shared is null) // U-3.8.4-2 v5
                replays.Add(subscription);
        }
        TellSubscriptions(accepted, []);
        // [MQTT-3.8.4-1] [MQTT-3.8.4-2]
        var answer = new SubAck { PacketId = subscribe.PacketId, ReasonCodes = MqttList.Adopt(codes) };
        var failed = Array.FindIndex(codes, static code => code >= ReasonCode.UnspecifiedError);
        if (failed >= 0 && Reasons.Of(codes[failed], _attached!.WantsReasons) is { } why)
        {
            var explained = answer with { Properties = why };
            if (Reasons.Fits(explained, _attached.MaximumPacketSize)) // [MQTT-3.9.2-1 v5]
                answer = explained;
        }
        Answer(answer, changes, replays);
    }

    /// <summary>The granted QoS, or why the subscription is refused.</summary>
    private ReasonCode Check(Subscription options, out Subscription granted)
    {
        granted = options;
        var filter = options.Filter;
        // In 3.x a filter that begins with $share/ is one like others, unless a setting says otherwise. [MQTT-4.8.2-1 v5] [MQTT-4.8.2-2 v5]
        if (!TopicFilter.IsValid(filter) || (KnowsShared && SharedFilter.IsShared(filter) && !SharedFilter.IsValid(filter)))
            return Failure(ReasonCode.TopicFilterInvalid);
        if (filter.AsSpan().Count('/') >= _context.Settings.MaxTopicLevels)
            return Failure(ReasonCode.TopicFilterInvalid);
        var features = _context.Settings.Features;
        if (!features.WildcardSubscriptionsAvailable && TopicFilter.HasWildcard(filter))
            return Failure(ReasonCode.WildcardSubscriptionsNotSupported);
        if (!features.SharedSubscriptionsAvailable && KnowsShared && SharedFilter.IsShared(filter))
            return Failure(ReasonCode.SharedSubscriptionsNotSupported);
        if (ControlCharacters.AreRefused(filter, _context.Settings.Features) || TopicLength.Exceeds(filter, _context.Settings.Limits.MaxTopicLength))
            return Failure(ReasonCode.TopicFilterInvalid);
        if (_state.SubscriptionCount >= _context.Settings.MaxSubscriptions && !_state.IsSubscribed(filter))
            return Failure(ReasonCode.QuotaExceeded);
        var authorized = Authorize(ref granted);
        if (authorized != ReasonCode.Success)
            return authorized;
        return (ReasonCode)granted.QoS; // [MQTT-3.8.4-7 v5]
    }

    /// <summary>A higher QoS than the server has is lowered, not refused [MQTT-3.2.2-10].</summary>
    private Subscription Granted(Subscription options) =>
        options.QoS > _context.Settings.Features.MaximumQoS ? options with { QoS = _context.Settings.Features.MaximumQoS } : options;

    /// <summary>3.x knows one failure [MQTT-3.9.3-2 v3.1.1].</summary>
    private ReasonCode Failure(ReasonCode code) => IsV5 ? code : ReasonCode.UnspecifiedError;

    private void Unsubscribe(Unsubscribe unsubscribe)
    {
        var codes = new ReasonCode[unsubscribe.Filters.Count];
        var changes = new List<RoutingActor.Change>(codes.Length);
        var removed = new List<string>(codes.Length);
        for (var at = 0; at < codes.Length; at++) // [MQTT-3.10.4-6] [MQTT-3.11.3-1 v5]
        {
            var filter = unsubscribe.Filters[at];
            var before = _state.Unsubscribe(filter); // [MQTT-3.10.4-1]
            codes[at] = before is null ? ReasonCode.NoSubscriptionExisted : ReasonCode.Success;
            if (before is null)
                continue;
            removed.Add(filter);
            changes.Add(RoutingActor.Change.Of(before, null)); // [MQTT-3.10.4-2]; what is queued or on the way is still sent [MQTT-3.10.4-3]
        }
        TellSubscriptions([], removed);
        var answer = new UnsubAck
        {
            PacketId = unsubscribe.PacketId,
            ReasonCodes = IsV5 ? MqttList.Adopt(codes) : default,
        };
        Answer(answer, changes, []); // [MQTT-3.10.4-4] [MQTT-3.10.4-5] also when nothing was deleted
    }

    /// <summary>
    /// The answer leaves when the routes have changed: from then on the subscription is there for every publisher, or for none.
    /// </summary>
    private void Answer(MqttPacket answer, List<RoutingActor.Change> changes, List<SessionSubscription> replays) =>
        _context.RoutingActor.Tell(new RoutingActor.Apply(_target, changes, new SubscriptionsApplied(_attached!.Epoch, answer, replays)));

    private void Applied(SubscriptionsApplied applied)
    {
        if (applied.Epoch != _attached?.Epoch)
            return;
        if (applied.Replays.Count > 0)
            _context.Routing.AwaitRetaining();
        _attached.Client.Tell(new SessionProtocol.RoutesChanged(applied.Epoch));
        _out.Add(applied.Answer);
        foreach (var subscription in applied.Replays)
        {
            var messages = _context.Retained.Match(subscription.Options.Filter).GetEnumerator();
            (_retained ??= new Queue<RetainedReplay>()).Enqueue(new RetainedReplay(
                messages,
                subscription.Options,
                subscription.Identifier == 0 ? default : [subscription.Identifier],
                _clientId,
                _context.Settings.Features.UpgradeOutgoingQoS,
                applied.Version));
        }
        Pump();
    }

    private sealed class SubscriptionsApplied(long epoch, MqttPacket answer, List<SessionSubscription> replays) : RoutingActor.Applied
    {
        public long Epoch { get; } = epoch;

        public MqttPacket Answer { get; } = answer;

        public List<SessionSubscription> Replays { get; } = replays;
    }
}
