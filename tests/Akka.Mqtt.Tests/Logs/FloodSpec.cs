using System.Net;
using System.Threading.Channels;
using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Connection;
using Akka.Mqtt.Logs;
using Akka.Mqtt.Streams;
using Akka.Mqtt.Tests.Connection;
using Akka.Mqtt.Transport;
using Microsoft.Extensions.Time.Testing;
using Xunit;
using Xunit.Abstractions;

namespace Akka.Mqtt.Tests.Logs;

/// <summary>What a peer can make a listener write to the log: a few lines, then a count.</summary>
public sealed class FloodSpec(ITestOutputHelper output) : MqttSpec(output, "akka.loglevel = WARNING" /* as akka-mqtt serve has it */)
{
    private const int Flood = 1000;

    private static readonly IPEndPoint Attacker = new(IPAddress.Parse("10.0.0.1"), 40_000);

    private readonly FakeTimeProvider _clock = new();

    [Theory]
    [InlineData("00 00", "MalformedPacket")]
    [InlineData("C0 00", "ProtocolError")] // PINGREQ before CONNECT
    [InlineData("10 FF FF FF 7F", "PacketTooLarge")]
    public async Task A_flood_of_broken_packets_is_a_few_lines_and_a_count(string bytes, string reason)
    {
        var log = new ConnectionLog(Sys);
        var ended = CreateTestProbe();
        var listener = Listen(Sys.ActorOf(Props.Create(() => new Handler(ended)).WithDeploy(Deploy.Local)));
        for (var at = 0; at < Flood; at++)
            listener.Offer(_ => Task.FromResult<TransportLink>(new StreamLink(Peer(bytes), new TransportInfo(MqttTransport.Stream) { RemoteAddress = Attacker })));
        for (var at = 0; at < Flood; at++)
            Assert.Equal(reason, $"{(await ended.ExpectMsgAsync<Mqtt.ErrorClosed>(Soon)).Reason}");
        await AssertSummedUpAsync(log, "connection ended", "connections with broken packets");
    }

    [Fact]
    public async Task A_flood_of_failed_TLS_handshakes_is_a_few_lines_and_a_count()
    {
        var log = new ConnectionLog(Sys);
        var listener = Listen(CreateTestProbe());
        for (var at = 0; at < Flood; at++)
            listener.Offer(_ => Task.FromException<TransportLink>(new TransportException(CommandFailure.TlsFailed, "TLS failed") { Client = Attacker }));
        await AwaitConditionAsync(() => Task.FromResult(listener.Offered == 0), Soon);
        await AssertSummedUpAsync(log, "handshake of a client failed", "failed handshakes");
    }

    private async Task AssertSummedUpAsync(ConnectionLog log, string text, string kind)
    {
        await AwaitAssertAsync(() => Assert.Equal(RefusalLog.LinesPerAddress, log.With(text).Count), Soon);
        await AwaitAssertAsync(
            () =>
            {
                _clock.Advance(RefusalLog.Window); // the last refusals may be on their way still
                var lines = log.With($"more {kind} from 10.0.0.1").Select(line => int.Parse(line.Text.Split(' ')[0], null));
                Assert.Equal(Flood, lines.Sum() + log.With(text).Count);
            },
            Soon);
        Assert.InRange(log.With(text).Count + log.With(" more ").Count, 2, 4 * RefusalLog.LinesPerAddress);
        Assert.All([.. log.With(text), .. log.With(" more ")], line => Assert.Equal(LogLevel.WarningLevel, line.Level));
    }

    private static MemoryStream Peer(string bytes)
    {
        var sent = Convert.FromHexString(bytes.Replace(" ", "", StringComparison.Ordinal));
        return new MemoryStream([.. sent]);
    }

    private Offering Listen(IActorRef handler)
    {
        var listener = new Offering();
        var bind = new Mqtt.Bind(handler, new IPEndPoint(IPAddress.Loopback, 0));
        var settings = MqttConnectionSettings.Create(MqttExt.DefaultConfig().GetConfig(MqttConnectionSettings.Section));
        Sys.Mqtt(); // its dispatcher
        Sys.ActorOf(MqttListener.Props(bind, listener, settings, CreateTestProbe(), new FramingHost(Sys, _clock)));
        return listener;
    }

    /// <summary>A listener whose clients the test makes.</summary>
    private sealed class Offering : ITransportListener
    {
        private readonly Channel<Func<CancellationToken, Task<TransportLink>>> _clients =
            Channel.CreateUnbounded<Func<CancellationToken, Task<TransportLink>>>();

        public EndPoint LocalAddress { get; } = new IPEndPoint(IPAddress.Loopback, 1883);

        /// <summary>Clients that are not accepted yet.</summary>
        public int Offered => _clients.Reader.Count;

        public void Offer(Func<CancellationToken, Task<TransportLink>> handshake) => _clients.Writer.TryWrite(handshake);

        public ValueTask<Func<CancellationToken, Task<TransportLink>>> AcceptAsync(CancellationToken cancellationToken) =>
            _clients.Reader.ReadAsync(cancellationToken);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    private sealed class Handler : ReceiveActor
    {
        public Handler(IActorRef ended)
        {
            Receive<Mqtt.Connected>(_ => Sender.Tell(new Mqtt.Register(Self)));
            Receive<Mqtt.ConnectionClosed>(ended.Tell);
            ReceiveAny(_ => { });
        }
    }
}
