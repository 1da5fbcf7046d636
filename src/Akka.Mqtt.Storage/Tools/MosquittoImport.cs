using Akka.Event;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;
using Akka.Mqtt.Server;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.Storage.Tools;

/// <summary>Brings the sessions and retained messages of a mosquitto server into a storage that has none.</summary>
internal static class MosquittoImport
{
    private static readonly TimeSpan MaxWait = TimeSpan.FromMinutes(10); // the engine tries for ever where a disk is full

    /// <summary>Imports.</summary>
    /// <param name="database">What mosquitto has written.</param>
    /// <param name="storage">The storage.</param>
    /// <param name="time">The clock.</param>
    /// <returns>What was imported, a line each.</returns>
    public static async Task<IReadOnlyList<string>> RunAsync(MosquittoDatabase database, MqttServerStorage storage, TimeProvider time)
    {
        var problem = "";
        var options = new StorageOptions
        {
            Limits = new SessionLimits
            {
                MaxQueuedMessages = int.MaxValue,
                MaxQueuedBytes = long.MaxValue,
                MaxInflightMessages = ushort.MaxValue,
                MaxInflightBytes = long.MaxValue,
            },
            MaxPendingBytes = long.MaxValue,
            Time = time,
            Log = (level, line) => problem = level >= LogLevel.WarningLevel ? line : problem,
        };
        await using var engine = await storage.OpenAsync(options).ConfigureAwait(false);
        await foreach (var session in engine.LoadSessionsAsync().ConfigureAwait(false))
            throw new MqttStorageException($"there are sessions already, such as {LogText.Escape(session.Key.ClientId)}: import into an empty directory.");
        var work = new Work(database, engine, time.GetUtcNow().ToUnixTimeMilliseconds());
        // One unit: all of it is there, or nothing.
        var receipt = new Receipt();
        engine.Append(new StoreUnit(work.Ops(), receipt));
        try
        {
            await receipt.Task.WaitAsync(MaxWait, time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw new MqttStorageException($"the import was not written in {MaxWait.TotalMinutes} minutes: {problem}");
        }
        return work.Report;
    }

    private sealed class Receipt : IStoreReceipt
    {
        private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Task => _done.Task;

        public void Complete() => _done.SetResult();
    }

    private sealed class Work(MosquittoDatabase database, IStorageEngine engine, long now)
    {
        private readonly Dictionary<string, long> _sessions = new(StringComparer.Ordinal);
        private readonly List<StoreOp> _ops = [];
        private int _queued;
        private int _inFlight;
        private int _received;
        private int _passedOver;

        public IReadOnlyList<string> Report =>
        [
            $"{_sessions.Count} sessions, {database.Subscriptions.Count(each => _sessions.ContainsKey(each.Client))} subscriptions",
            $"{_queued} messages that wait, {_inFlight} in flight, {_received} of QoS 2 that clients have not released",
            $"{_ops.Count(each => each is StoreOp.RetainedSet)} retained messages",
            .. _passedOver == 0 ? (string[])[] : [$"{_passedOver} entries were skipped, because they refer to something that is missing"],
        ];

        public List<StoreOp> Ops()
        {
            foreach (var client in database.Clients)
                Start(client);
            foreach (var subscriptions in database.Subscriptions.GroupBy(each => each.Client))
                Subscribe(subscriptions.Key, subscriptions);
            foreach (var delivery in database.Deliveries)
                Deliver(delivery);
            foreach (var id in database.Retained)
            {
                if (database.Messages.TryGetValue(id, out var message))
                    _ops.Add(new StoreOp.RetainedSet(new RetainedRecord(
                        Packet(message, message.QoS, retain: true, message.Properties), now, message.Source, message.User.Length == 0 ? null : message.User)));
                else
                    _passedOver++;
            }
            return _ops;
        }

        private void Start(MosquittoClient client)
        {
            if (_sessions.ContainsKey(client.Id))
                return;
            var session = _sessions[client.Id] = engine.NextSession();
            // A session's time starts when its client disconnects, but mosquitto writes the time of its end.
            var at = client.ExpiresAt > 0 && client.Expiry != uint.MaxValue ? Math.Min(now, (client.ExpiresAt - client.Expiry) * 1000) : now;
            _ops.Add(new StoreOp.SessionStarted(session, new SessionKey("", null, client.Id), client.User.Length == 0 ? null : client.User, at));
            _ops.Add(new StoreOp.Disconnected(session, client.Expiry, at));
        }

        private void Subscribe(string client, IEnumerable<MosquittoSubscription> subscriptions)
        {
            if (!_sessions.TryGetValue(client, out var session))
            {
                _passedOver += subscriptions.Count();
                return;
            }
            _ops.Add(new StoreOp.Subscribed(session, [.. subscriptions.Select(each => new SessionSubscription(
                new Subscription(each.Filter, (QualityOfService)Math.Min(each.QoS & 3, 2))
                {
                    NoLocal = (each.Options & 0x04) != 0,
                    RetainAsPublished = (each.Options & 0x08) != 0,
                    RetainHandling = (RetainHandling)Math.Min(each.Options >> 4 & 3, 2),
                },
                each.Identifier,
                SharedFilter.TryParse(each.Filter, out var shared) ? shared : null))]));
        }

        private void Deliver(MosquittoDelivery delivery)
        {
            if (!_sessions.TryGetValue(delivery.Client, out var session) || !database.Messages.TryGetValue(delivery.Message, out var message))
            {
                _passedOver++;
                return;
            }
            if (!delivery.IsToClient)
            {
                Receive(session, delivery, message);
                return;
            }
            var first = Queue(message, delivery.QoS, delivery.Retain, delivery.Properties, session);
            if (delivery.State is MosquittoState.WaitForPubAck or MosquittoState.WaitForPubRec or MosquittoState.ResendPubRel or MosquittoState.WaitForPubComp
                && delivery.PacketId != 0)
            {
                _inFlight++;
                _ops.Add(new StoreOp.Sent(session, [new SentMessage(first, delivery.PacketId)]));
                if (delivery.State is MosquittoState.ResendPubRel or MosquittoState.WaitForPubComp)
                    _ops.Add(new StoreOp.Confirmed(session, [first]));
            }
            else
            {
                _queued++;
            }
        }

        /// <summary>
        /// mosquitto delivers a QoS 2 message to its subscribers when it receives PUBREL, this server when it receives PUBLISH. So the message is delivered
        /// now, and the client only has to release it.
        /// </summary>
        private void Receive(long from, MosquittoDelivery delivery, MosquittoMessage message)
        {
            if (delivery.State != MosquittoState.WaitForPubRel)
                return; // PUBREC has not been sent: the client sends the message again
            _received++;
            _ops.Add(new StoreOp.Received(from, [delivery.PacketId]));
            foreach (var subscription in database.Subscriptions)
            {
                if (_sessions.TryGetValue(subscription.Client, out var session) && !SharedFilter.IsShared(subscription.Filter) && subscription.QoS > 0
                    && TopicFilter.Matches(subscription.Filter, message.Topic))
                {
                    _queued++;
                    Queue(message, Math.Min(subscription.QoS, message.QoS), retain: false, null, session);
                }
            }
        }

        private long Queue(MosquittoMessage message, byte qos, bool retain, PublishProperties? own, long session)
        {
            var first = engine.NextMessages(1);
            var properties = own is null ? message.Properties
                : (message.Properties ?? new PublishProperties()) with { SubscriptionIdentifiers = own.SubscriptionIdentifiers };
            _ops.Add(new StoreOp.Queued(first, [Packet(message, qos, retain, properties)], now, [session], null) { Positions = [0] });
            return first;
        }

        private Publish Packet(MosquittoMessage message, byte qos, bool retain, PublishProperties? properties)
        {
            uint? expiry = message.ExpiresAt > 0 ? (uint)Math.Clamp(message.ExpiresAt - (now / 1000), 0, uint.MaxValue) : null;
            return new Publish(message.Topic, MqttBinary.Wrap(message.Payload))
            {
                QoS = (QualityOfService)Math.Min(qos & 3, 2),
                Retain = retain,
                Properties = expiry is null && properties?.MessageExpiryInterval is null ? properties
                    : (properties ?? new PublishProperties()) with { MessageExpiryInterval = expiry },
            };
        }
    }
}
