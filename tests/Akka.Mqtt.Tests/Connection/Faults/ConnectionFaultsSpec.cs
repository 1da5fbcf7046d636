using Akka.Event;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace Akka.Mqtt.Tests.Connection;

[Collection(Alone.Name)]
public sealed class SocketConnectionFaultsSpec(ITestOutputHelper output)
    : ConnectionFaultsSpec(output, tcp: true, "akka.mqtt.connection.tcp-engine = socket");

[Collection(Alone.Name)]
public sealed class CompletionConnectionFaultsSpec(ITestOutputHelper output)
    : ConnectionFaultsSpec(output, tcp: true, "akka.mqtt.connection.tcp-engine = socket-completions");

[Collection(Alone.Name)]
public sealed class AkkaIoConnectionFaultsSpec(ITestOutputHelper output) : ConnectionFaultsSpec(output, tcp: true);

[Collection(Alone.Name)]
public sealed class InMemoryConnectionFaultsSpec(ITestOutputHelper output) : ConnectionFaultsSpec(output, tcp: false);

/// <summary>
/// Each fault of a peer or of a handler ends its connection in exactly one typed event, one log line at the right level, one count, and
/// disturbs no other connection.
/// </summary>
public abstract class ConnectionFaultsSpec(ITestOutputHelper output, bool tcp, string config = "") : FaultSpec(output, tcp, config)
{
    private static readonly MqttConnectionSettings Defaults = MqttConnectionSettings.Create((Configuration.Config?)null);
    private static readonly TimeSpan Short = TimeSpan.FromMilliseconds(100);

    public static TheoryData<string> BadInputs => new(BadInput.All.Select(input => input.Name));

    [Theory]
    [MemberData(nameof(BadInputs))]
    public async Task Bad_input_ends_its_connection_and_no_other(string name)
    {
        var input = BadInput.All.Single(one => one.Name == name);
        var settings = Defaults with { MaxPacketSize = BadInput.MaxPacketSize, MaxConnectPacketSize = BadInput.MaxConnectPacketSize };
        var neighbour = await OpenAsync(input.Role, Stage.Open, MqttVersion.V5, settings);
        var tested = await OpenAsync(input.Role, input.Stage, input.Version, settings);
        Observe();

        // What follows the fault is never delivered.
        await tested.Peer.SendBytesAsync(input.Hex + " c0 00 d0 00 30 04 00 01 61 00");

        tested.Peer.Version = input.Version; // a probe believes the version of a CONNECT that it sends
        if (input.Answer == "e0")
        {
            var words = await tested.Peer.ExpectPacketAsync<Disconnect>();
            Assert.Equal(input.Code, words.ReasonCode);
            Assert.NotNull(words.Properties!.ReasonString);
        }
        else if (input.Answer is { } answer)
        {
            await tested.Peer.ExpectBytesAsync(answer);
        }

        await tested.Peer.ExpectClosedAsync();
        tested.Peer.Close();
        var closed = await ExpectEndAsync<Mqtt.ErrorClosed>(tested, input.Reason, LogLevel.WarningLevel);
        Assert.Equal(input.Code, closed.ReasonCode);
        Assert.Equal(input.Header, closed.Header?.Type);
        await ExpectAliveAsync(neighbour);
    }

    [Theory]
    [InlineData(MqttVersion.V5)]
    [InlineData(MqttVersion.V311)]
    public async Task Packets_before_a_fault_in_the_same_chunk_are_delivered(MqttVersion version)
    {
        var tested = await OpenAsync(MqttRole.Server, Stage.Open, version);
        Observe();
        await tested.Peer.SendBytesAsync("c0 00 c0 00 d0 00");
        await tested.Handler.ExpectMsgAsync<PingReq>(Soon);
        await tested.Handler.ExpectMsgAsync<PingReq>(Soon);
        tested.Peer.CompleteWrites();
        await ExpectEndAsync<Mqtt.ErrorClosed>(tested, CloseReason.ProtocolError, LogLevel.WarningLevel);
    }

    [Fact]
    public async Task A_packet_after_DISCONNECT_ends_the_connection()
    {
        var tested = await OpenAsync(MqttRole.Server, Stage.Open, MqttVersion.V311);
        Observe();
        await tested.Peer.SendBytesAsync("e0 00 c0 00");
        await tested.Handler.ExpectMsgAsync<Disconnect>(Soon);
        await tested.Peer.ExpectClosedAsync();
        tested.Peer.Close();
        var closed = await ExpectEndAsync<Mqtt.ErrorClosed>(tested, CloseReason.ProtocolError, LogLevel.WarningLevel);
        Assert.Equal(MqttPacketType.PingReq, closed.Header!.Value.Type);
    }

    [Fact]
    public async Task A_peer_that_ignores_our_close_is_reset_after_the_close_timeout()
    {
        var tested = await OpenAsync(MqttRole.Server, Stage.Open, MqttVersion.V5, Defaults with { CloseTimeout = Short });
        Observe();
        await tested.Peer.SendBytesAsync("d0 00");
        await ExpectEndAsync<Mqtt.ErrorClosed>(tested, CloseReason.ProtocolError, LogLevel.WarningLevel);
    }

    [Theory]
    [InlineData(MqttRole.Server, FaultEnd.Close)]
    [InlineData(MqttRole.Server, FaultEnd.HalfClose)]
    [InlineData(MqttRole.Server, FaultEnd.Reset)]
    [InlineData(MqttRole.Client, FaultEnd.Close)]
    [InlineData(MqttRole.Client, FaultEnd.HalfClose)]
    [InlineData(MqttRole.Client, FaultEnd.Reset)]
    public async Task A_conversation_cut_at_any_byte_ends_in_one_event(MqttRole role, FaultEnd end)
    {
        var neighbour = await OpenAsync(role, Stage.Open, MqttVersion.V5);
        MqttPacket first = role == MqttRole.Server ? new Connect { ClientId = "c" } : new ConnAck();
        MqttPacket second = new Publish("topic", "payload") { QoS = QualityOfService.AtLeastOnce, PacketId = 1 };
        byte[] bytes = [.. MqttEncoder.Encode(first, MqttVersion.V5), .. MqttEncoder.Encode(second, MqttVersion.V5)];
        var firstSize = MqttEncoder.Encode(first, MqttVersion.V5).Length;
        var log = new ConnectionLog(Sys);
        using var counters = new ConnectionCounters();

        for (var cut = 0; cut <= bytes.Length; cut++)
        {
            var tested = await OpenAsync(role, role == MqttRole.Client ? Stage.Greeted : Stage.Fresh, MqttVersion.V5);
            await tested.Peer.SendBytesAsync(bytes.AsMemory(0, cut));
            switch (end)
            {
                case FaultEnd.Close:
                    tested.Peer.Close();
                    break;
                case FaultEnd.HalfClose:
                    tested.Peer.CompleteWrites();
                    break;
                default:
                    tested.Peer.Abort();
                    break;
            }

            if (end == FaultEnd.Reset)
            {
                // A reset may overtake what was sent before it.
                var told = await tested.Handler.FishForMessageAsync(message => message is Mqtt.ConnectionClosed, Soon);
                Assert.Equal(CloseReason.TransportError, Assert.IsType<Mqtt.ErrorClosed>(told).Reason);
            }
            else
            {
                if (cut >= firstSize)
                    await tested.Handler.ExpectMsgAsync(first, Soon);
                if (cut == bytes.Length)
                    await tested.Handler.ExpectMsgAsync(second, Soon);
                await tested.Handler.ExpectMsgAsync<Mqtt.PeerClosed>(Soon);
            }

            await ExpectTerminatedAsync(tested.Connection, Soon);
            await tested.Handler.ExpectNoMsgAsync(TimeSpan.Zero);
            tested.Peer.Close();
        }

        await AwaitAssertAsync(() => Assert.Equal(bytes.Length + 1, log.Ends.Count));
        Assert.All(log.Ends, line => Assert.Equal(LogLevel.DebugLevel, line.Level));
        Assert.Empty(log.Warnings);
        Assert.Equal(bytes.Length + 1, counters.Ends.Count);
        Assert.Equal(0, counters.OpenChange);
        await ExpectAliveAsync(neighbour);
    }

    [Fact]
    public async Task A_CONNECT_that_drips_byte_by_byte_runs_into_the_connect_timeout()
    {
        var settings = Defaults with { ConnectTimeout = Short, MaxConnectPacketSize = 200_000 };
        var tested = await OpenAsync(MqttRole.Server, settings);
        Observe();
        var bytes = MqttEncoder.Encode(new Connect { ClientId = new string('c', 60_000), Will = new Will("w", new byte[60_000]) }, MqttVersion.V5);
        var drip = DripAsync(tested.Peer, bytes.AsMemory(0, bytes.Length - 1)); // the packet is never complete, however fast the machine is
        await tested.Peer.ExpectClosedAsync();
        tested.Peer.Close();
        await drip;
        await ExpectEndAsync<Mqtt.ErrorClosed>(tested, CloseReason.ConnectTimeout, LogLevel.InfoLevel);
    }

    [Fact]
    public async Task A_handler_that_never_asks_gets_an_error_when_the_peer_closes_and_packets_are_dropped()
    {
        var settings = Defaults with { CloseTimeout = Short };
        var tested = await OpenAsync(MqttRole.Server, settings, MqttDelivery.Pull);
        Observe();
        await tested.Peer.SendPacketAsync(new Connect { ClientId = "c" });
        tested.Peer.CompleteWrites();
        await ExpectEndAsync<Mqtt.ErrorClosed>(tested, CloseReason.HandlerStalled, LogLevel.WarningLevel);
    }

    [Fact]
    public async Task Aborting_resets_the_peer()
    {
        var tested = await OpenAsync(MqttRole.Server, Stage.Open, MqttVersion.V5);
        Observe();
        tested.Tell(Mqtt.Abort.Instance);
        await ExpectEndAsync<Mqtt.Aborted>(tested, CloseReason.Aborted, LogLevel.DebugLevel);
        await tested.Commander.ExpectMsgAsync<Mqtt.Aborted>(Soon);
        if (IsTcp)
            await tested.Peer.ExpectResetAsync();
        else
            await tested.Peer.ExpectEndAsync(); // a stream of strangers has no reset
    }

    [Fact]
    public async Task Everyone_who_asked_for_a_close_is_answered()
    {
        var tested = await OpenAsync(MqttRole.Server, Stage.Open, MqttVersion.V5);
        var other = CreateTestProbe();
        Observe();
        tested.Tell(Mqtt.Close.Instance);
        tested.Connection.Tell(Mqtt.Close.Instance, other);
        await tested.Peer.ExpectClosedAsync();
        tested.Peer.Close();
        await ExpectEndAsync<Mqtt.Closed>(tested, CloseReason.Closed, LogLevel.DebugLevel);
        await tested.Commander.ExpectMsgAsync<Mqtt.Closed>(Soon);
        await other.ExpectMsgAsync<Mqtt.Closed>(Soon);
    }

    private static async Task DripAsync(MqttProbe peer, ReadOnlyMemory<byte> bytes)
    {
        try
        {
            for (var i = 0; i < bytes.Length; i++)
                await peer.SendBytesAsync(bytes.Slice(i, 1));
        }
        catch (Exception)
        {
            // The other side has had enough.
        }
    }
}
