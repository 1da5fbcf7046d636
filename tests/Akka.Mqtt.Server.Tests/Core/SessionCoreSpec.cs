using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;
using Akka.Mqtt.Server.Core;

namespace Akka.Mqtt.Server.Tests;

public class SessionCoreSpec
{
    private const long Start = 1_800_000_000_000;

    private static readonly SessionKey Key = new("", null, "c");

    private static readonly SessionLimits Limits = new()
    {
        MaxQueuedMessages = 100, MaxQueuedBytes = 1 << 20, MaxInflightMessages = 10, MaxInflightBytes = 1 << 20,
    };

    private static SessionCore Begin(SessionLimits? limits = null, ISessionRecorder? recorder = null) =>
        new(Key, "ann", limits ?? Limits, Start, recorder);

    private static Outlet Connect(SessionCore core, Will? will = null, uint expiry = 60, long now = Start, Outlet? outlet = null)
    {
        outlet ??= new Outlet();
        core.Connect(1, outlet, ushort.MaxValue, will, expiry, now);
        core.Outgoing.Pump(now);
        return outlet;
    }

    private static Publish Message(string topic, QualityOfService qos = QualityOfService.AtLeastOnce, int payload = 0, uint? expiry = null) =>
        new(topic, new byte[payload])
        {
            QoS = qos, Properties = expiry is null ? null : new PublishProperties { MessageExpiryInterval = expiry },
        };

    private static int Deliver(SessionCore core, params Publish[] messages) => core.Outgoing.Deliver(messages, null, Start, Start);

    [Fact]
    public void A_message_for_a_connected_client_is_sent_at_once_with_an_identifier()
    {
        var core = Begin();
        var outlet = Connect(core);
        Assert.Equal(2, Deliver(core, Message("a"), Message("b", QualityOfService.AtMostOnce)));
        Assert.Equal([Message("a") with { PacketId = 1 }, Message("b", QualityOfService.AtMostOnce)], outlet.Messages);
        Assert.Equal(AckResult.Done, core.Outgoing.PubAck(1));
        Assert.Equal(0, core.Outgoing.InFlightBytes);
    }

    [Fact]
    public void For_a_client_that_is_away_QoS_1_waits_and_QoS_0_is_dropped_and_counted()
    {
        var core = Begin();
        Connect(core);
        core.Disconnect(keepWill: false, null, Start);
        Deliver(core, Message("a"), Message("b", QualityOfService.AtMostOnce));
        Assert.Equal(1, core.TakeDrops().Offline);
        Assert.Equal(["a"], Connect(core).Messages.Select(each => each.Topic));
    }

    [Fact]
    public void One_message_of_any_size_is_taken_when_nothing_else_waits()
    {
        var core = Begin(Limits with { MaxQueuedBytes = 1024, MaxInflightBytes = 1024 });
        Connect(core);
        core.Disconnect(keepWill: false, null, Start);
        Deliver(core, Message("large", payload: 5 << 20), Message("next"));
        Assert.Equal(1, core.TakeDrops().QueueFull);
        Assert.Equal("large", Assert.Single(Connect(core).Messages).Topic);
    }

    [Fact]
    public void A_full_queue_that_waits_takes_no_more_of_the_batch_and_goes_on_from_there()
    {
        var core = Begin(Limits with { MaxQueuedMessages = 2, MaxInflightMessages = 1, WaitWhenFull = true });
        var outlet = Connect(core);
        Publish[] batch = [Message("a"), Message("b"), Message("c"), Message("d")];
        Assert.Equal(3, Deliver(core, batch));
        Assert.Equal(0, core.TakeDrops().Total);
        core.Outgoing.PubAck(1);
        core.Outgoing.Pump(Start);
        Assert.Equal(4, core.Outgoing.Deliver(batch, null, Start, Start, from: 3));
        core.Outgoing.PubAck(2);
        core.Outgoing.Pump(Start);
        core.Outgoing.PubAck(3);
        core.Outgoing.Pump(Start);
        Assert.Equal(["a", "b", "c", "d"], outlet.Messages.Select(each => each.Topic));
    }

    /// <summary>[MQTT-3.1.2-25 v5]: dropped as if it had been sent.</summary>
    [Theory]
    [InlineData(QualityOfService.AtLeastOnce, false)]
    [InlineData(QualityOfService.ExactlyOnce, true)]
    public void A_message_in_flight_that_is_larger_than_the_client_takes_now_is_dropped_and_the_others_are_sent_again(QualityOfService qos, bool released)
    {
        var events = new Events();
        var core = Begin(recorder: events);
        Connect(core);
        Deliver(core, Message("large", qos, payload: 500), Message("small", qos));
        core.Disconnect(keepWill: false, null, Start);
        var outlet = Connect(core, outlet: new Outlet { LargestPayload = 100 });
        Assert.Equal(1, outlet.Refused);
        Assert.Equal("small", Assert.Single(outlet.Messages).Topic);
        Assert.True(Assert.Single(outlet.Messages).Dup);
        Assert.Equal(released, outlet.Sent[0] is PubRel { PacketId: 1 });
        if (released)
            Assert.Equal(AckResult.Done, core.Outgoing.PubComp(1));
        Assert.Equal(1, core.Outgoing.InFlightCount);
        core.Commit();
        SessionStates.AssertEqual(core.Snapshot(), new SessionSnapshot().Apply(events));
    }

    [Fact]
    public void Another_user_does_not_get_the_session()
    {
        var core = Begin();
        Assert.True(core.BelongsTo("ann"));
        Assert.False(core.BelongsTo("bob"));
        Assert.False(core.BelongsTo(null));
    }

    [Fact]
    public void A_will_is_due_after_its_delay_and_taken_once()
    {
        var core = Begin();
        Connect(core, new Will("w") { Properties = new WillProperties { WillDelayInterval = 5 } });
        Assert.Equal(long.MaxValue, core.NextDue);
        core.Disconnect(keepWill: true, null, Start + 1000);
        Assert.Equal(Start + 6000, core.NextDue);
        Assert.Null(core.TakeDueWill(Start + 5999));
        Assert.Equal("w", core.TakeDueWill(Start + 6000)?.Topic); // [MQTT-3.1.2-8]
        Assert.Null(core.TakeDueWill(Start + 6000)); // [MQTT-3.1.2-10]
        Assert.Equal(Start + 61_000, core.NextDue);
    }

    [Fact]
    public void A_new_connection_cancels_a_will_that_waits() // [MQTT-3.1.3-9 v5]
    {
        var core = Begin();
        Connect(core, new Will("w") { Properties = new WillProperties { WillDelayInterval = 5 } });
        core.Disconnect(keepWill: true, null, Start);
        Connect(core, now: Start + 1000);
        core.Disconnect(keepWill: true, null, Start + 2000);
        Assert.Null(core.TakeDueWill(Start + 100_000));
    }

    [Fact]
    public void The_session_expires_when_its_interval_is_over_and_its_will_is_due_then() // [MQTT-3.1.2-23 v5]
    {
        var core = Begin();
        Connect(core, new Will("w") { Properties = new WillProperties { WillDelayInterval = 100 } });
        Assert.False(core.HasExpired(Start + 1_000_000));
        core.Disconnect(keepWill: true, 10, Start);
        Assert.False(core.HasExpired(Start + 9_999));
        Assert.False(core.HasExpired(Start - 1_000_000)); // the clock is set back
        Assert.True(core.HasExpired(Start + 10_000));
        Assert.Equal("w", core.End()?.Topic);
        Assert.True(core.IsOver);
    }

    [Fact]
    public void A_message_expires_by_the_time_at_which_the_server_received_it() // [MQTT-3.3.2-5 v5] [MQTT-3.3.2-6 v5]
    {
        var core = Begin();
        Connect(core);
        core.Disconnect(keepWill: false, null, Start);
        Deliver(core, Message("short", expiry: 5), Message("long", expiry: 100));
        var outlet = Connect(core, now: Start + 30_000);
        var sent = Assert.Single(outlet.Messages);
        Assert.Equal(("long", 70u), (sent.Topic, sent.Properties!.MessageExpiryInterval!.Value));
        Assert.Equal(1, core.TakeDrops().Expired);
        core.Disconnect(keepWill: false, null, Start);
        var again = Assert.Single(Connect(core, now: Start + 40_000).Messages);
        Assert.Equal((true, 60u), (again.Dup, again.Properties!.MessageExpiryInterval!.Value));
    }

    [Fact]
    public void Retained_messages_of_a_new_subscription_go_before_newer_ones() // [MQTT-4.6.0-6 v5]
    {
        var core = Begin();
        var outlet = Connect(core);
        core.Outgoing.HasReplay = true;
        Deliver(core, Message("new"));
        Assert.True(core.Outgoing.TrySendReplay(new QueuedMessage(Message("old"), Start), Start, out _));
        core.Outgoing.HasReplay = false;
        core.Outgoing.Pump(Start);
        Assert.Equal(["old", "new"], outlet.Messages.Select(each => each.Topic));
    }

    [Fact]
    public void Without_a_recorder_no_event_is_made_and_with_one_they_carry_batches()
    {
        var events = new Events();
        var core = Begin(recorder: events);
        Connect(core);
        Deliver(core, Message("a"), Message("b", QualityOfService.AtMostOnce), Message("c"));
        core.Outgoing.PubAck(1);
        core.Outgoing.PubAck(2);
        core.Outgoing.Pump(Start);
        Assert.Equal(
            [
                typeof(SessionEvent.SessionStarted), typeof(SessionEvent.Connected), typeof(SessionEvent.Queued), typeof(SessionEvent.Sent),
                typeof(SessionEvent.Acknowledged),
            ],
            events.Select(each => each.GetType()));
        Assert.Equal([0, 2], ((SessionEvent.Queued)events[2]).Messages.Select(each => each.Position));
    }
}
