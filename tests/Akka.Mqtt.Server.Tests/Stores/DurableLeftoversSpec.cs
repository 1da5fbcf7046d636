using Akka.Actor;
using Akka.Configuration;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Publishing;
using Akka.Mqtt.Server.Routing;
using Akka.Mqtt.Server.Sessions;
using Akka.Mqtt.Server.Shared;
using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.Server.Tests;

/// <summary>Rows of the storage that no session would ask for, and those that a session cannot use as they are.</summary>
public class DurableLeftoversSpec : global::Akka.TestKit.Xunit2.TestKit, IStoredReader
{
    private static readonly SessionKey Key = new("", null, "c");

    private static readonly SessionLimits Limits =
        new() { MaxQueuedMessages = 100, MaxQueuedBytes = 100_000, MaxInflightMessages = 10, MaxInflightBytes = 100_000 };

    private readonly MemoryEngine _engine = new(Limits);
    private StoredState? _read;

    public DurableLeftoversSpec()
        : base(TestSystem.Configured())
    {
    }

    void IStoredReader.Read(StoredState? state) => _read = state;

    void IStoredReader.Failed(Exception cause) => throw cause;

    [Fact]
    public void What_a_stuck_session_does_not_take_is_not_left_in_the_storage()
    {
        var context = ServerContext.Create(MqttServerSettings.Create(ConfigurationFactory.ParseString("akka.mqtt.server.max-unhandled-messages = 4")));
        context = context with { Stores = context.Stores with { Engine = _engine } };
        var session = Started();
        var target = new SessionTarget(context, Key, ActorRefs.Nobody, session);
        context.Targets.Add(target);
        context.Routing.Current = context.Routing.Current.With("t", null, new Subscriber(target, QualityOfService.ExactlyOnce, false, false, 0));
        var client = new Publisher(context, "publisher", owner: TestActor);
        Publish(client, "1", "2", "3", "4");
        Publish(client, "5")!.StopWaiting();
        var node = new Publisher(context, "", localOnly: true);
        Assert.Null(Publish(node, "dropped", "too"));
        Assert.Equal(2, context.Drops.Of(DropReason.SessionBehind));
        Assert.Equal(["1", "2", "3", "4", "5"], _engine.Peek(session)!.State.Queue.Values.Select(each => each.Packet.Payload.ToText()));
    }

    [Fact]
    public void Of_two_stored_messages_with_one_packet_identifier_the_later_one_is_sent_with_another()
    {
        var session = Started();
        Publish[] batch = [.. Enumerable.Range(1, 5).Select(at => new Publish("t", $"{at}") { QoS = QualityOfService.ExactlyOnce })];
        var first = _engine.NextMessages(batch.Length);
        Append(
            new StoreOp.Queued(first, batch, 0, [session], null),
            new StoreOp.Sent(session, [new(first, 7), new(first + 1, 7), new(first + 2, 8), new(first + 3, 8)]),
            new StoreOp.Confirmed(session, [first + 3]),
            new StoreOp.Parked(session, 1, 100));
        _engine.Take(session, this);
        var log = new SessionLog(_engine);
        var recorder = new DurableRecorder(_engine, log, session);
        recorder.Restore(_read!);
        var core = SessionCore.Restore(_read!.State, Limits, 0, recorder);
        var outlet = new Outlet();
        core.Connect(1, outlet, 10, null, 100, 0);
        core.Outgoing.Pump(0);
        core.Commit();
        log.Flush();
        Assert.Equal(["7: 1", "8: 3", "9: 2", "10: 5"], outlet.Sent.OfType<Publish>().Select(each => $"{each.PacketId}: {each.Payload.ToText()}"));
        Assert.Equal(
            ["7: 1", "8: 3", "9: 2", "10: 5"],
            _engine.Peek(session)!.State.InFlight.Select(each => $"{each.Id}: {each.Message!.Value.Packet.Payload.ToText()}"));
    }

    [Fact]
    public void A_window_refuses_a_packet_identifier_that_it_has()
    {
        var window = new OutboundWindow();
        window.Restore(7, null);
        Assert.Throws<InvalidOperationException>(() => window.Restore(7, null));
    }

    private static Receipt? Publish(Publisher publisher, params string[] payloads)
    {
        foreach (var payload in payloads)
            publisher.Add(new Publish("t", payload) { QoS = QualityOfService.AtLeastOnce });
        return publisher.Flush();
    }

    private long Started()
    {
        var session = _engine.NextSession();
        Append(new StoreOp.SessionStarted(session, Key, null, 0));
        return session;
    }

    private void Append(params StoreOp[] ops) => _engine.Append(new StoreUnit(ops, null));
}
