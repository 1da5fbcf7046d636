using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Retained;
using Akka.Mqtt.Server.Shared;

namespace Akka.Mqtt.Server.Sessions;

/// <summary>
/// Retained messages on the way to new subscriptions of one session: read from the store as the client takes them. Owned by the session; most
/// sessions have none.
/// </summary>
internal sealed class RetainedReplays(ServerContext context, string clientId)
{
    private readonly Queue<Replay> _replays = [];

    /// <summary>A subscription is in force.</summary>
    /// <param name="subscription">The subscription.</param>
    /// <param name="version">The version of the routing index that has it: what was routed by it or a later one has come by its route.</param>
    public void Add(SessionSubscription subscription, long version)
    {
        context.Routing.AwaitRetaining();
        _replays.Enqueue(new Replay(
            context.Retained.Match(subscription.Options.Filter).GetEnumerator(),
            subscription.Options,
            subscription.Identifier == 0 ? default : [subscription.Identifier],
            clientId,
            context.Settings.Features.UpgradeOutgoingQoS,
            version));
    }

    /// <summary>Sends as much as the client takes.</summary>
    public void Pump(OutgoingMessages outgoing, long now)
    {
        while (_replays.TryPeek(out var replay))
        {
            if (!replay.TryPeek(out var message))
            {
                _replays.Dequeue();
                continue;
            }
            if (!RetainSource.MaySend(replay.Stored, context, context.Log))
                context.Drops.Add(DropReason.NotAuthorized, 1);
            else if (!outgoing.TrySendReplay(message, now, out var expired))
                return;
            else if (expired)
                context.Retained.RemoveExpired(replay.Stored);
            replay.Take();
        }
        outgoing.HasReplay = false;
    }

    /// <summary>The client disconnects while retained messages are still to be sent: they are queued like other messages.</summary>
    public void Keep(OutgoingMessages outgoing)
    {
        while (_replays.TryDequeue(out var replay))
        {
            while (replay.TryPeek(out var message))
            {
                if (RetainSource.MaySend(replay.Stored, context, context.Log) && !outgoing.TryQueueReplay(message)
                    && message.Packet.QoS != QualityOfService.AtMostOnce)
                {
                    break;
                }
                replay.Take();
            }
        }
    }

    /// <summary>Retained messages on the way to one new subscription.</summary>
    private sealed class Replay(
        IEnumerator<RetainedMessage> messages, Subscription options, MqttList<uint> identifiers, string clientId, bool upgrade, long version)
    {
        private RetainedMessage? _next;

        /// <summary>The message at hand as it is stored.</summary>
        public RetainedMessage Stored => _next!;

        /// <summary>
        /// The next message as this subscription gets it: RETAIN 1 [MQTT-3.3.1-8 v3.1.1], QoS the lower of both [MQTT-3.8.4-8 v5].
        /// </summary>
        public bool TryPeek(out QueuedMessage message)
        {
            message = default;
            while (_next is null)
            {
                if (!messages.MoveNext())
                {
                    messages.Dispose();
                    return false;
                }
                if (messages.Current.RoutedBy < version && (!options.NoLocal || messages.Current.Publisher != clientId)) // [MQTT-3.8.3-3 v5]
                    _next = messages.Current;
            }
            message = _next.Message;
            var packet = message.Packet;
            if (packet.QoS > options.QoS || (packet.QoS < options.QoS && upgrade))
                packet = packet with { QoS = options.QoS };
            if (!identifiers.IsEmpty) // [MQTT-3.3.4-3 v5]
            {
                var properties = packet.Properties ?? new PublishProperties();
                packet = packet with { Properties = properties with { SubscriptionIdentifiers = identifiers } };
            }
            message = message with { Packet = packet };
            return true;
        }

        /// <summary>Goes on to the next one.</summary>
        public void Take() => _next = null;
    }
}
