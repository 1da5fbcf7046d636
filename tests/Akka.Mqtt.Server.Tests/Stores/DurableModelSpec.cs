using Akka.Actor;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Routing;
using Akka.Mqtt.Server.Stores;
using CsCheck;

namespace Akka.Mqtt.Server.Tests;

/// <summary>Any history of a durable session: what the storage engine has of it is what the session is, also after crashes and parking.</summary>
public class DurableModelSpec
{
    private static readonly SessionKey Key = new("m/", null, "c");

    private static readonly Gen<(int Kind, int A, int B)> Steps = Gen.Select(Gen.Int[0, 19], Gen.Int[0, 1000], Gen.Int[0, 1000]);

    private static readonly Gen<SessionLimits> AnyLimits = Gen.Select(
        Gen.Int[1, 6], Gen.Enum<QueueOverflow>(), Gen.Int[1, 4],
        (messages, overflow, inflight) => new SessionLimits
        {
            MaxQueuedMessages = messages,
            MaxQueuedBytes = 100_000,
            Overflow = overflow,
            MaxInflightMessages = inflight,
            MaxInflightBytes = 100_000,
        });

    /// <summary>A failure prints the seed that repeats it: set the variable CsCheck_Seed.</summary>
    [Fact]
    public void The_engine_has_what_the_session_is() =>
        Gen.Select(AnyLimits, Steps.Array[1, 60]).Sample((limits, steps) => new History(limits).Run(steps), iter: 500);

    private sealed class History(SessionLimits limits) : IStoredReader, IUnwrittenOwner
    {
        private const string Memory = "memory"; // messages that are not to outlive the process

        private MemoryEngine _engine = new(limits);
        private SessionLog _log = null!;
        private DurableRecorder _recorder = null!;
        private SessionCore? _core;
        private Outlet? _outlet;
        private readonly UnwrittenStore _store = new(limits, null);
        private UnwrittenMessages? _unwritten;
        private StoredState? _read;
        private long _session;
        private long _now = 1_800_000_000_000;
        private long _epoch;

        public void Run((int Kind, int A, int B)[] steps)
        {
            Begin();
            foreach (var (kind, a, b) in steps)
            {
                Do(kind, a, b);
                _core!.Commit();
                _log.Flush();
                Compare();
            }
        }

        public long Session => _session;

        public bool IsParked => true;

        public QueueCount Written => default;

        public void Read(StoredState? state) => _read = state;

        public void Failed(Exception cause) => throw cause;

        private void Begin()
        {
            _session = _engine.NextSession();
            Record();
            _core = new SessionCore(Key, "ann", limits, _now, _recorder);
            _log.Flush(); // before publishers know of it
        }

        private void Record()
        {
            _log = new SessionLog(_engine);
            _recorder = new DurableRecorder(_engine, _log, _session);
        }

        private void Do(int kind, int a, int b)
        {
            switch (kind)
            {
                case <= 1:
                    Disconnect(a, b);
                    _outlet = new Outlet { LargestPayload = a % 4 == 0 ? 50 : int.MaxValue, Room = b % 7 == 0 ? 2 : int.MaxValue };
                    var will = a % 3 == 0 ? new Will("w") { Properties = new WillProperties { WillDelayInterval = (uint)(b % 30) } } : null;
                    _core!.Connect(++_epoch, _outlet, (a % 5) + 1, will, (uint)b, _now);
                    _core.Outgoing.Pump(_now);
                    break;
                case 2:
                    Disconnect(a, b);
                    break;
                case <= 9:
                    Deliver(a, b);
                    break;
                case <= 13:
                    Acknowledge(a, b);
                    break;
                case 14:
                    _now += a * 20;
                    break;
                case 15 when _core!.IsConnected:
                    if (a % 2 == 0)
                        _core.Receive((ushort)((a % 5) + 1), 10);
                    else
                        _core.Release((ushort)((a % 5) + 1));
                    break;
                case 16:
                    if (b % 3 == 0)
                        _core!.Subscriptions.Remove($"f/{a % 4}");
                    else
                        _core!.Subscriptions.TryAdd(new SessionSubscription(new Subscription($"f/{a % 4}", (QualityOfService)(b % 3)), (uint)b), out _);
                    break;
                case 17:
                    var retained = new QueuedMessage(new Publish("r", "kept") { QoS = (QualityOfService)(a % 3) }, _now);
                    if (!_core!.Outgoing.TrySendReplay(retained, _now, out _) && retained.Packet.QoS != QualityOfService.AtMostOnce)
                        _core.Outgoing.TryQueueReplay(retained);
                    break;
                case 18:
                    Park(a, b);
                    break;
                case 19:
                    Crash();
                    break;
            }
        }

        private void Disconnect(int a, int b)
        {
            if (!_core!.IsConnected)
                return;
            _core.Disconnect(a % 2 == 0, b % 3 == 0 ? null : (uint)b, _now);
            _outlet = null;
        }

        /// <summary>As a publisher does it: the messages are written before the session knows of them.</summary>
        private void Deliver(int a, int b)
        {
            var (batch, first, unwritten) = Publish(a, b);
            _recorder.BeginDelivery(batch, first, unwritten);
            _core!.Outgoing.Deliver(batch, null, _now, _now);
            _recorder.EndDelivery();
        }

        /// <summary>A batch of which all is written, nothing, or every second message.</summary>
        private (Publish[] Batch, long First, bool[]? Unwritten) Publish(int a, int b)
        {
            if (b % 6 == 0)
                return (Batch(a, b, _ => Memory), 0, null);
            var isMixed = b % 6 == 1;
            var batch = Batch(a, b, at => isMixed && at % 2 == 1 ? Memory : "t");
            var first = _engine.NextMessages(batch.Length);
            var unwritten = isMixed ? batch.Select(IsMemory).ToArray() : null;
            var positions = isMixed
                ? Enumerable.Range(0, batch.Length).Where(at => !IsMemory(batch[at]) && batch[at].QoS != QualityOfService.AtMostOnce).ToArray()
                : null;
            _engine.Append(new StoreUnit([new StoreOp.Queued(first, batch, _now, [_session], null) { Positions = positions }], null));
            return (batch, first, unwritten);
        }

        private static Publish[] Batch(int a, int b, Func<int, string> root) => [.. Enumerable.Range(0, (a % 4) + 1).Select(at => new Publish($"{root(at)}/{a}/{at}", new byte[(b * (at + 1)) % 120])
        {
            QoS = (QualityOfService)((a + b + at) % 3),
            Properties = (b + at) % 5 == 0 ? new PublishProperties { MessageExpiryInterval = (uint)(a % 20) } : null,
        })];

        private void Acknowledge(int a, int b)
        {
            var flights = _core!.Snapshot().InFlight;
            if (!_core.IsConnected || flights.Count == 0)
                return;
            var (id, message) = flights[b % flights.Count];
            if (message is null)
                _core.Outgoing.PubComp(id);
            else if (message.Value.Packet.QoS == QualityOfService.AtLeastOnce)
                _core.Outgoing.PubAck(id);
            else
                _core.Outgoing.PubRec(id, a % 8 != 0);
            _core.Outgoing.Pump(_now);
        }

        /// <summary>Messages that come while nobody holds the session are rows, and are there when it is taken.</summary>
        private void Park(int a, int b)
        {
            Disconnect(a, b);
            _core!.Commit();
            var before = _core.Snapshot();
            _unwritten = _recorder.Collect(_core.Outgoing, _store);
            _log.Add(new StoreOp.Parked(_session, _recorder.QueuedCount, _core.Outgoing.QueuedBytes - (_unwritten?.Bytes ?? 0)));
            _log.Flush();
            if (_unwritten is not null)
                _store.Put(_session, _unwritten);
            if (b % 2 == 0)
            {
                Take();
                CompareParked(before);
                return;
            }
            var (batch, first, unwritten) = Publish(a, b);
            var delivery = new Deliver(new ActorTarget("c", ActorRefs.Nobody, 10), new MessageBatch(batch, false), _now) { First = first, Unwritten = unwritten };
            var kept = Enumerable.Range(0, batch.Length).Where(at => !delivery.IsWritten(at) && batch[at].QoS != QualityOfService.AtMostOnce)
                .Select(at => (new QueuedMessage(batch[at], _now), delivery.AfterOf(at))).ToArray();
            Assert.True(_store.TryAdd(this, kept, out _));
            Take();
        }

        /// <summary>Nothing of a session is lost or comes out of order while it is parked.</summary>
        private void CompareParked(SessionSnapshot before)
        {
            var after = _core!.Snapshot();
            Assert.Equal(before.Queue.Values.Select(Text), after.Queue.Values.Select(Text));
            Assert.Equal(before.InFlight.Select(Text), after.InFlight.Select(Text));
        }

        private void Crash()
        {
            _core!.Commit();
            _log.Flush();
            var reserved = _core.Snapshot().InFlight.Where(each => each.Message is { Packet.QoS: QualityOfService.ExactlyOnce }).Select(each => each.Id).ToHashSet();
            _engine.Hold();
            Deliver(3, 1); // nothing of this is committed
            _log.Flush();
            _engine = _engine.Crash(_now);
            Take();
            // The client may know each identifier of QoS 2 that it was sent: none is free before it was told PUBREL.
            Assert.Superset(reserved, _core.Snapshot().InFlight.Select(each => each.Id).ToHashSet());
        }

        private void Take()
        {
            _engine.Take(_session, this);
            Record();
            _recorder.Restore(_read!, _store.Take(_session));
            _core = SessionCore.Restore(_read!.State, limits, _now, _recorder);
            _outlet = null;
        }

        private void Compare()
        {
            var durable = _engine.Peek(_session)!;
            var live = _core!.Snapshot();
            Assert.Equal(live.Queue.Values.Where(IsDurable).Select(Text), durable.State.Queue.Values.Select(Text));
            // Of a QoS 2 message in flight that is not written the engine has the packet identifier.
            Assert.Equal(
                live.InFlight.Where(each => each.Message is not { } message || IsDurable(message) || message.Packet.QoS == QualityOfService.ExactlyOnce)
                    .Select(each => each.Message is { } message && !IsDurable(message) ? (each.Id, null) : each).Select(Text),
                durable.State.InFlight.Select(Text));
            Assert.Equal(live.Received.Order(), durable.State.Received.Order());
            Assert.Equal(live.Subscriptions.Values.Select(each => $"{each}").Order(), durable.State.Subscriptions.Values.Select(each => $"{each}").Order());
            Assert.Equal((live.Expiry, live.Epoch, live.Owner, live.IsConnected, live.Will), (durable.State.Expiry, durable.State.Epoch, durable.State.Owner, durable.State.IsConnected, durable.State.Will));
        }

        private static bool IsDurable(QueuedMessage message) => message.Packet.QoS != QualityOfService.AtMostOnce && !IsMemory(message.Packet);

        private static bool IsMemory(Publish packet) => packet.Topic.StartsWith(Memory, StringComparison.Ordinal);

        private static string Text((ushort Id, QueuedMessage? Message) flight) => $"{flight.Id} {(flight.Message is { } kept ? Text(kept) : "PUBREL")}";

        private static string Text(QueuedMessage message) => $"{message.Packet.Topic} {message.Packet.QoS} {message.Packet.Payload.Length} {message.ReceivedAt}";
    }
}
