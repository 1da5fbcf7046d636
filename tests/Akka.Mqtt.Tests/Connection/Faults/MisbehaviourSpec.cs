using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Protocol;
using Xunit;
using Xunit.Abstractions;

namespace Akka.Mqtt.Tests.Connection;

[Collection(Alone.Name)]
public sealed class TcpMisbehaviourSpec(ITestOutputHelper output) : MisbehaviourSpec(output, tcp: true);

[Collection(Alone.Name)]
public sealed class InMemoryMisbehaviourSpec(ITestOutputHelper output) : MisbehaviourSpec(output, tcp: false);

/// <summary>
/// Silence, ends and deaths of peers and handlers, in virtual time: each ends its connection in exactly one typed event, one log line at the
/// right level, one count, and disturbs no other connection.
/// </summary>
public abstract class MisbehaviourSpec(ITestOutputHelper output, bool tcp) : FaultSpec(output, tcp, VirtualScheduler.Use)
{
    private const ushort KeepAlive = 10;

    /// <summary>The silence that ends a connection.</summary>
    public static readonly TimeSpan KeepAliveLimit = TimeSpan.FromSeconds(KeepAlive) * 1.5;

    public static TheoryData<string> Names => new(Misbehaviour.All.Select(one => one.Name));

    public MqttConnectionSettings Settings => MqttExt.Get(Sys).Settings;

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Misbehaviour_ends_its_connection_and_no_other(string name)
    {
        var row = Misbehaviour.All.Single(one => one.Name == name);
        var neighbour = await OpenAsync(row.Role, Stage.Open, MqttVersion.V5, keepAlive: 0);
        var tested = row.Stage is { } stage
            ? await OpenAsync(row.Role, stage, MqttVersion.V5, keepAlive: row.Reason == CloseReason.KeepAliveTimeout ? KeepAlive : (ushort)0)
            : await OpenAsync(row.Role, register: false);
        Observe();

        await row.Happens(this, tested);

        // CONNACK has no code for silence.
        if (row is { Reason: CloseReason.KeepAliveTimeout, Stage: Stage.Open })
            await tested.Peer.ExpectPacketAsync<Disconnect>(words => words.ReasonCode == ReasonCode.KeepAliveTimeout);
        if (row.Reason is CloseReason.ConnectTimeout or CloseReason.KeepAliveTimeout)
        {
            await tested.Peer.ExpectClosedAsync();
            tested.Peer.Close();
        }

        switch (row.Told)
        {
            case Misbehaviour.Listener.Nobody:
                await ExpectRecordedAsync(tested, row.Reason, row.Level);
                break;
            case Misbehaviour.Listener.Owner:
                await ExpectEndAsync<Mqtt.ErrorClosed>(tested, row.Reason, row.Level, tested.Owner);
                break;
            case var _ when row.Reason == CloseReason.PeerClosed:
                await ExpectEndAsync<Mqtt.PeerClosed>(tested, row.Reason, row.Level);
                break;
            default:
                await ExpectEndAsync<Mqtt.ErrorClosed>(tested, row.Reason, row.Level);
                break;
        }

        if (row.Told != Misbehaviour.Listener.Owner)
            await tested.Owner.ExpectNoMsgAsync(TimeSpan.Zero);
        await ExpectAliveAsync(neighbour);
    }

    [Fact]
    public async Task A_half_closed_connection_ends_with_an_error_when_its_handler_answers_but_asks_no_more()
    {
        var tested = await OpenAsync(MqttRole.Server, delivery: MqttDelivery.Pull);
        Observe();
        await tested.Peer.SendPacketAsync(new Connect { ClientId = "c", KeepAlive = 0 }, new Publish("a", "x"));
        tested.Peer.CompleteWrites();
        tested.Tell(new Mqtt.Request(1));
        await tested.Handler.ExpectMsgAsync<Connect>(Soon);
        tested.Tell(new ConnAck());
        await tested.Peer.ExpectPacketAsync(new ConnAck());
        await AwaitAssertAsync(
            async () =>
            {
                await PassAsync(tested, Settings.CloseTimeout); // it may not have seen yet that the peer has closed
                Assert.True(tested.Handler.HasMessages);
            },
            Soon);
        await ExpectEndAsync<Mqtt.ErrorClosed>(tested, CloseReason.HandlerStalled, LogLevel.WarningLevel);
    }

    /// <summary>Lets time pass when the connection has handled what it was told.</summary>
    public async Task PassAsync(Tested tested, TimeSpan time)
    {
        var asker = CreateTestProbe();
        asker.Send(tested.Connection, new Identify(null));
        await asker.ExpectMsgAsync<ActorIdentity>(Soon);
        ((VirtualScheduler)Sys.Scheduler).Advance(time);
    }
}
