using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;
using Akka.Mqtt.Server.Core;
using CsCheck;

namespace Akka.Mqtt.Server.Tests;

/// <summary>Any history of a session: it equals a naive one, and its events add up to its state.</summary>
public class SessionModelSpec
{
    private static readonly SessionKey Key = new("m/", null, "c");

    private static readonly Gen<Step> Steps = Gen.Select(Gen.Int[0, 19], Gen.Int[0, 1000], Gen.Int[0, 1000], (kind, a, b) => new Step(kind, a, b));

    private static readonly Gen<SessionLimits> AnyLimits = Gen.Select(
        Gen.Int[0, 6], Gen.Int[200, 3000], Gen.Enum<QueueOverflow>(), Gen.Bool, Gen.Bool, Gen.Int[1, 4], Gen.Int[100, 2000],
        (messages, bytes, overflow, wait, qos0, inflight, inflightBytes) => new SessionLimits
        {
            MaxQueuedMessages = messages,
            MaxQueuedBytes = bytes,
            Overflow = overflow,
            WaitWhenFull = wait,
            QueueQoS0 = qos0,
            MaxInflightMessages = inflight,
            MaxInflightBytes = inflightBytes,
        });

    /// <summary>A failure prints the seed that repeats it: set the variable CsCheck_Seed.</summary>
    [Fact]
    public void It_equals_a_naive_session_and_its_events_add_up_to_its_state() =>
        Gen.Select(AnyLimits, Steps.Array[1, 60]).Sample((limits, steps) => new History(limits, null).Run(steps), iter: 400);

    [Fact]
    public void Whatever_happens_the_memory_that_it_took_covers_what_it_keeps_and_comes_back() =>
        Gen.Select(AnyLimits, Steps.Array[1, 60], Gen.Int[0, 40_000]).Sample(
            (limits, steps, memory) => new History(limits, new CountedMemory(memory)).RunAlone(steps), iter: 200);

    [Fact]
    public void It_equals_a_naive_session_where_there_is_memory_for_all() =>
        Gen.Select(AnyLimits, Steps.Array[1, 60]).Sample((limits, steps) => new History(limits, new CountedMemory(1 << 30)).Run(steps), iter: 100);

    internal readonly record struct Step(int Kind, int A, int B);

    /// <summary>Runs the steps of one history.</summary>
    private sealed class History(SessionLimits limits, CountedMemory? memory)
    {
        private readonly Events _events = [];
        private SessionCore? _core;
        private NaiveSession? _naive;
        private Outlet? _outlet;
        private SessionSnapshot _replayed = new();
        private SessionDrops _drops;
        private long _now = 1_800_000_000_000;
        private long _epoch;

        public void Run(Step[] steps)
        {
            foreach (var step in steps)
            {
                Do(step);
                Compare();
            }
        }

        /// <summary>Without the naive session, which does not know how memory is taken.</summary>
        public void RunAlone(Step[] steps)
        {
            foreach (var step in steps)
            {
                Do(step, alone: true);
                memory!.AssertCovers(_core);
                if (_core is not null)
                    SessionStates.AssertEqual(_core.Snapshot(), Replayed());
            }
            _core?.End();
            memory!.AssertCovers(null);
        }

        private void Do(Step step, bool alone = false)
        {
            var (kind, a, b) = step;
            if (_core is null)
            {
                _core = new SessionCore(Key, "ann", limits, _now, _events, memory);
                _naive = alone ? null : new NaiveSession(Key, "ann", limits, _now);
                Connect(a, b);
                return;
            }
            switch (kind)
            {
                case 0 or 1:
                    if (_core.IsConnected)
                        Disconnect(keepWill: true, null); // taken over
                    Connect(a, b);
                    break;
                case 2:
                    if (_core.IsConnected)
                        Disconnect(keepWill: a % 2 == 0, b % 3 == 0 ? null : (uint)(b % 20));
                    break;
                case <= 8:
                    Deliver(a, b);
                    break;
                case <= 13:
                    Acknowledge(a, b);
                    break;
                case 14:
                    _now += b % 5 == 0 ? -(a % 3000) : a * 20; // small steps back
                    break;
                case 15 when _core.IsConnected:
                    var received = _core.Receive((ushort)((a % 5) + 1), 3);
                    Assert.Equal(_naive?.Receive((ushort)((a % 5) + 1), 3) ?? received, received);
                    break;
                case 16 when _core.IsConnected:
                    var known = _core.Release((ushort)((a % 5) + 1));
                    Assert.Equal(_naive?.Release((ushort)((a % 5) + 1)) ?? known, known);
                    break;
                case 17:
                    Subscribe(a, b);
                    break;
                case 18:
                    if (_outlet is not null)
                        _outlet.Room = a % 3 == 0 ? int.MaxValue : _outlet.Sent.Count + (b % 3);
                    _core.Outgoing.Pump(_now);
                    _naive?.Pump(_now);
                    break;
                case 19:
                    Restart(alone);
                    break;
            }
            Tick();
            _core?.Commit();
        }

        private void Connect(int a, int b)
        {
            _outlet = new Outlet { LargestPayload = a % 4 == 0 ? 50 : int.MaxValue, Room = b % 7 == 0 ? 2 : int.MaxValue };
            var will = a % 3 == 0 ? new Will("w") { Properties = new WillProperties { WillDelayInterval = (uint)(b % 30) } } : null;
            var expiry = (b % 4) switch
            {
                0 => uint.MaxValue,
                1 => 0u,
                _ => (uint)(b % 50),
            };
            _core!.Connect(++_epoch, _outlet, (a % 5) + 1, will, expiry, _now);
            _core.Outgoing.Pump(_now);
            _naive?.Connect(_epoch, _outlet, (a % 5) + 1, will, expiry, _now);
        }

        private void Disconnect(bool keepWill, uint? expiry)
        {
            _core!.Disconnect(keepWill, expiry, _now);
            _naive?.Disconnect(keepWill, expiry, _now);
            _outlet = null;
        }

        private void Deliver(int a, int b)
        {
            var batch = new Publish[(a % 4) + 1];
            var shares = b % 3 == 0 ? new SharedKey?[batch.Length] : null;
            for (var at = 0; at < batch.Length; at++)
            {
                batch[at] = new Publish($"t/{a}/{at}", new byte[(b * (at + 1)) % 120])
                {
                    QoS = (QualityOfService)((a + b + at) % 3),
                    Properties = (b + at) % 5 == 0 ? new PublishProperties { MessageExpiryInterval = (uint)(a % 20) } : null,
                };
                if (shares is not null && (a + at) % 2 == 0)
                    shares[at] = new SharedKey("g", "#");
            }
            var others = new Others(a % 2 == 0);
            var receivedAt = _now - (b % 2000);
            var taken = _core!.Outgoing.Deliver(batch, shares, receivedAt, _now, others);
            if (_naive is not null)
                Assert.Equal(_naive.Deliver(batch, shares, receivedAt, _now, others.Takes, 0), taken);
        }

        private void Acknowledge(int a, int b)
        {
            if (!_core!.IsConnected)
                return;
            var flights = _core.Snapshot().InFlight;
            var id = flights.Count == 0 || a % 10 == 0 ? (ushort)((b % 50) + 1) : flights[b % flights.Count].Id;
            var right = flights.Find(each => each.Id == id);
            var choice = a % 10 == 1 ? b % 4 : right.Message?.Packet.QoS switch { QualityOfService.AtLeastOnce => 0, QualityOfService.ExactlyOnce => 1 + (a % 8 == 0 ? 2 : 0), _ => 2 };
            var (expected, result) = choice switch
            {
                0 => (_naive?.PubAck(id), _core.Outgoing.PubAck(id)),
                1 => (_naive?.PubRec(id, true), _core.Outgoing.PubRec(id, true)),
                2 => (_naive?.PubComp(id), _core.Outgoing.PubComp(id)),
                _ => (_naive?.PubRec(id, false), _core.Outgoing.PubRec(id, false)),
            };
            Assert.Equal(expected ?? result, result);
            _core.Outgoing.Pump(_now);
            _naive?.Pump(_now);
        }

        private void Subscribe(int a, int b)
        {
            var filter = $"f/{a % 4}";
            if (b % 3 == 0)
            {
                _core!.Subscriptions.Remove(filter);
                _naive?.Unsubscribe(filter);
            }
            else if (_core!.Subscriptions.TryAdd(new SessionSubscription(new Subscription(filter, (QualityOfService)(b % 3)), (uint)b), out _))
            {
                _naive?.Subscribe(new SessionSubscription(new Subscription(filter, (QualityOfService)(b % 3)), (uint)b));
            }
        }

        /// <summary>The process ends, and another goes on from the events.</summary>
        private void Restart(bool alone)
        {
            memory?.Forget();
            var wasConnected = _core!.IsConnected;
            _drops = Sum(_drops, _core.TakeDrops());
            _core = SessionCore.Restore(Replayed(), limits, _now, _events, memory);
            if (wasConnected && !alone)
                _naive!.Disconnect(keepWill: true, null, _now);
            _outlet = null;
        }

        private void Tick()
        {
            if (_core!.IsConnected)
                return;
            var others = new Others(_now % 2 == 0);
            _core.Outgoing.HandOver(others, connectedOnly: true);
            if (others.Takes)
                _naive?.HandOver();
            var due = _core.TakeDueWill(_now);
            if (_naive is not null)
                Assert.Equal(_naive.TakeDueWill(_now), due);
            var over = _core.HasExpired(_now);
            Assert.Equal(_naive?.HasExpired(_now) ?? over, over);
            Assert.True(over || _core.NextDue > _now);
            if (!over)
                return;
            var last = _core.End();
            if (_naive is not null)
                Assert.Equal(_naive.End(), last);
            Compare();
            Assert.True(Replayed().IsOver);
            (_core, _naive) = (null, null);
            _drops = default;
            _replayed = new SessionSnapshot();
        }

        /// <summary>What all events so far add up to.</summary>
        private SessionSnapshot Replayed()
        {
            _replayed.Apply(_events);
            _events.Clear();
            return _replayed;
        }

        private void Compare()
        {
            if (_core is null || _naive is null)
                return;
            _naive.AssertNothingElseWasSent();
            _drops = Sum(_drops, _core.TakeDrops());
            Assert.Equal(_naive.Drops, _drops);
            var live = _core.Snapshot();
            if (!live.IsOver)
                SessionStates.AssertEqual(_naive.Snapshot(), live);
            SessionStates.AssertEqual(live, Replayed());
        }

        private static SessionDrops Sum(SessionDrops one, SessionDrops other) => new()
        {
            QueueFull = one.QueueFull + other.QueueFull,
            NoMemory = one.NoMemory + other.NoMemory,
            Offline = one.Offline + other.Offline,
            Expired = one.Expired + other.Expired,
            SessionEnded = one.SessionEnded + other.SessionEnded,
        };
    }

    /// <summary>Other members of all groups: they take everything or nothing.</summary>
    private sealed class Others(bool takes) : IHandOver
    {
        public bool Takes => takes;

        public bool TryHandOver(in QueuedMessage message, bool connectedOnly) => takes;
    }
}
