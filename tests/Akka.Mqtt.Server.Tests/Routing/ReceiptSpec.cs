using Akka.Configuration;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Publishing;
using Akka.Mqtt.Server.Routing;
using Akka.Mqtt.Server.Shared;
using Akka.TestKit;

namespace Akka.Mqtt.Server.Tests;

/// <summary>A target that is behind: QoS 0 is dropped, the rest is taken and its publisher waits until the target has caught up.</summary>
public class ReceiptSpec : global::Akka.TestKit.Xunit2.TestKit
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);

    private readonly ServerContext _context = ServerContext.Create(MqttServerSettings.Create(ConfigurationFactory.Empty));
    private readonly TestProbe _owner;
    private readonly TestProbe _session;
    private readonly Publisher _publisher;
    private readonly ActorTarget _target;

    public ReceiptSpec()
        : base(TestSystem.Configured())
    {
        _owner = CreateTestProbe();
        _session = CreateTestProbe();
        _publisher = new Publisher(_context, "publisher", owner: _owner);
        _target = new ActorTarget("s", _session, 4, _context.Routing.Stuck);
        _context.Routing.Current = _context.Routing.Current.With("t", null, new Subscriber(_target, QualityOfService.ExactlyOnce, false, false, 0));
    }

    [Fact]
    public void What_is_taken_at_once_has_no_receipt()
    {
        Assert.Null(Publish(4, QualityOfService.AtLeastOnce));
        Assert.Null(_publisher.Flush());
    }

    [Fact]
    public async Task Messages_of_QoS_1_for_a_target_that_is_behind_are_taken_and_their_receipt_comes_when_it_has_caught_up()
    {
        Publish(4, QualityOfService.AtLeastOnce);
        var receipt = Publish(3, QualityOfService.AtLeastOnce);
        Assert.NotNull(receipt);
        Assert.Equal(7, (await _session.ExpectMsgAsync<Deliver>(Soon)).Packets.Length + (await _session.ExpectMsgAsync<Deliver>(Soon)).Packets.Length);
        _target.ReturnCredit(4);
        await _owner.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(20)); // 3 of 4 are left
        _target.ReturnCredit(1);
        Assert.Same(receipt, await _owner.ExpectMsgAsync<Receipt>(Soon));
        Assert.Equal(0, _context.Drops.Of(DropReason.SessionBehind));
    }

    [Fact]
    public async Task Messages_of_QoS_0_for_a_target_that_is_behind_are_dropped_and_counted()
    {
        Publish(4, QualityOfService.AtMostOnce);
        Assert.Null(Publish(3, QualityOfService.AtMostOnce));
        await _session.ExpectMsgAsync<Deliver>(Soon);
        await _session.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(20));
        Assert.Equal(3, _context.Drops.Of(DropReason.SessionBehind));
    }

    [Fact]
    public async Task Of_a_mixed_batch_for_a_target_that_is_behind_the_messages_of_QoS_0_are_dropped()
    {
        Publish(4, QualityOfService.AtMostOnce);
        _publisher.Add(new Publish("t", "0"));
        _publisher.Add(new Publish("t", "1") { QoS = QualityOfService.AtLeastOnce });
        Assert.NotNull(_publisher.Flush());
        await _session.ExpectMsgAsync<Deliver>(Soon);
        Assert.Equal("1", Assert.Single((await _session.ExpectMsgAsync<Deliver>(Soon)).Packets).Payload.ToText());
        Assert.Equal(1, _context.Drops.Of(DropReason.SessionBehind));
    }

    [Fact]
    public async Task A_target_that_ends_completes_the_receipts_that_wait_for_it()
    {
        Publish(4, QualityOfService.AtLeastOnce);
        var receipt = Publish(1, QualityOfService.AtLeastOnce);
        _target.Close();
        Assert.Same(receipt, await _owner.ExpectMsgAsync<Receipt>(Soon));
        Assert.Null(Publish(1, QualityOfService.AtLeastOnce));
    }

    [Fact]
    public async Task Whoever_hands_over_to_a_stuck_target_waits_without_limit_and_nothing_is_dropped()
    {
        Publish(4, QualityOfService.AtLeastOnce);
        var first = Publish(1, QualityOfService.AtLeastOnce)!;
        first.StopWaiting();
        Assert.Same(first, await _owner.ExpectMsgAsync<Receipt>(Soon));
        var second = Publish(2, QualityOfService.AtLeastOnce)!;
        second.StopWaiting();
        await _owner.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(20));
        _target.ReturnCredit(5);
        Assert.Same(second, await _owner.ExpectMsgAsync<Receipt>(Soon));
        Assert.Equal(0, _context.Drops.Of(DropReason.SessionBehind));
    }

    [Fact]
    public void A_target_is_stuck_from_the_end_of_the_timeout_until_it_has_caught_up_or_ends()
    {
        var message = new Publish("t", "x") { QoS = QualityOfService.AtLeastOnce };
        Publish(4, QualityOfService.AtLeastOnce);
        var receipt = Publish(1, QualityOfService.AtLeastOnce)!;
        Assert.False(_context.Routing.Stuck.Any || _publisher.IsForStuck(message));
        receipt.StopWaiting();
        Assert.True(_context.Routing.Stuck.Any && _publisher.IsForStuck(message));
        _target.ReturnCredit(3);
        Assert.False(_context.Routing.Stuck.Any || _publisher.IsForStuck(message));
        Publish(2, QualityOfService.AtLeastOnce);
        Publish(1, QualityOfService.AtLeastOnce)!.StopWaiting();
        Assert.True(_context.Routing.Stuck.Any);
        _target.Close();
        Assert.False(_context.Routing.Stuck.Any);
    }

    [Fact]
    public void A_publisher_for_which_nobody_waits_drops_what_is_for_a_stuck_target_and_counts_it()
    {
        Publish(4, QualityOfService.AtLeastOnce);
        Publish(1, QualityOfService.AtLeastOnce)!.StopWaiting();
        var node = new Publisher(_context, "", localOnly: true);
        node.Add(new Publish("t", "x") { QoS = QualityOfService.AtLeastOnce });
        Assert.Null(node.Flush());
        Assert.Equal(1, _context.Drops.Of(DropReason.SessionBehind));
    }

    [Fact]
    public async Task A_receipt_waits_for_all_targets_that_are_behind()
    {
        var other = new ActorTarget("other", _session, 1);
        _context.Routing.Current = _context.Routing.Current.With("t", null, new Subscriber(other, QualityOfService.AtLeastOnce, false, false, 0));
        Publish(4, QualityOfService.AtLeastOnce);
        Publish(1, QualityOfService.AtLeastOnce);
        _target.ReturnCredit(5);
        await _owner.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(20));
        other.ReturnCredit(5);
        await _owner.ExpectMsgAsync<Receipt>(Soon);
    }

    private Receipt? Publish(int count, QualityOfService qos)
    {
        for (var at = 0; at < count; at++)
            _publisher.Add(new Publish("t", "x") { QoS = qos });
        return _publisher.Flush();
    }
}
