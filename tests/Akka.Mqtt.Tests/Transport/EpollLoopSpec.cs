using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Tests.Connection;
using Akka.Mqtt.Transport;
using Xunit;
using Xunit.Abstractions;

namespace Akka.Mqtt.Tests.Transport;

/// <summary>Who serves the sockets: one thread while there is little to do, one for each core when there is much (docs/adr/0020).</summary>
[Collection(Alone.Name)]
public sealed class EpollLoopSpec(ITestOutputHelper output) : MqttSpec(output)
{
    private static readonly byte[] Ping = [0xC0, 0];

    private static bool HasSeveral => OperatingSystem.IsLinux() && Environment.ProcessorCount > 1;

    [Fact]
    public async Task A_handler_that_blocks_the_thread_of_all_sockets_holds_up_those_of_other_loops_for_a_moment_only()
    {
        if (!HasSeveral)
            return;
        using var release = new ManualResetEventSlim();
        var peers = await OpenAsync(2 * Environment.ProcessorCount, release);
        await IdleAsync();
        var blocked = peers[0];
        await blocked.SendAsync(new byte[] { 0x30, 3, 0, 1, (byte)'b' });
        await AwaitAssertAsync(() => Assert.True(Blocker.IsBlocking), Soon);
        var answers = peers[1..].Select(PingAsync).ToList();
        await Task.WhenAny(answers).WaitAsync(Soon);
        release.Set();
        await Task.WhenAll(answers).WaitAsync(Soon);
        await PingAsync(blocked).WaitAsync(Soon);
        peers.ForEach(each => each.Dispose());
    }

    [Fact]
    public async Task The_first_loop_serves_all_sockets_until_it_is_busy_and_again_when_it_is_not()
    {
        if (!HasSeveral)
            return;
        var peers = await OpenAsync(2 * Environment.ProcessorCount, null);
        await IdleAsync();
        using var stop = new CancellationTokenSource();
        var load = peers.Select(peer => FloodAsync(peer, stop.Token)).ToList();
        await AwaitAssertAsync(() => Assert.NotEqual(EpollLoop.Others, EpollLoop.Lent), Soon);
        await stop.CancelAsync();
        await Task.WhenAll(load).WaitAsync(Soon);
        await IdleAsync();
        peers.ForEach(each => each.Dispose());
    }

    private Task IdleAsync() => AwaitAssertAsync(() => Assert.Equal(EpollLoop.Others, EpollLoop.Lent), Soon);

    private static async Task PingAsync(Socket peer)
    {
        await peer.SendAsync(Ping);
        for (var received = 0; received < 2;)
            received += await peer.ReceiveAsync(new byte[2 - received]);
    }

    /// <summary>Sends pings, some hundred at once, and reads what comes, until it is told to stop; all are answered by then.</summary>
    private static async Task FloodAsync(Socket peer, CancellationToken stop)
    {
        var pings = Enumerable.Repeat(Ping, 256).SelectMany(each => each).ToArray();
        var answers = new byte[pings.Length];
        while (!stop.IsCancellationRequested)
        {
            await peer.SendAsync(pings);
            for (var received = 0; received < answers.Length;)
                received += await peer.ReceiveAsync(answers);
        }
    }

    private async Task<List<Socket>> OpenAsync(int count, ManualResetEventSlim? release)
    {
        var acceptor = CreateTestProbe();
        var settings = MqttConnectionSettings.Create((Configuration.Config?)null) with { TcpEngine = "socket" };
        Sys.Mqtt().Tell(new Mqtt.Bind(acceptor, new IPEndPoint(IPAddress.Loopback, 0)) { Settings = settings }, acceptor);
        var bound = await acceptor.ExpectMsgAsync<Mqtt.Bound>(Soon);
        var peers = new List<Socket>();
        for (var at = 0; at < count; at++)
        {
            var peer = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await peer.ConnectAsync((IPEndPoint)bound.LocalAddress);
            var connection = (await acceptor.ExpectMsgAsync<Mqtt.Connected>(Soon)).Connection;
            connection.Tell(new Mqtt.Register(Sys.ActorOf(Props.Create(() => new Blocker(release)).WithDispatcher("akka.mqtt.dispatcher"))));
            await peer.SendAsync(new byte[] { 0x10, 13, 0, 4, (byte)'M', (byte)'Q', (byte)'T', (byte)'T', 4, 2, 0, 0, 0, 1, (byte)'c' });
            for (var received = 0; received < 4;)
                received += await peer.ReceiveAsync(new byte[4 - received]);
            peers.Add(peer);
        }

        return peers;
    }

    /// <summary>Answers, and blocks its thread when it is told to.</summary>
    private sealed class Blocker(ManualResetEventSlim? release) : UntypedActor
    {
        private static volatile bool _isBlocking;

        public static bool IsBlocking => _isBlocking;

        protected override void OnReceive(object message)
        {
            switch (message)
            {
                case Connect:
                    Sender.Tell(new ConnAck());
                    break;
                case PingReq:
                    Sender.Tell(new PingResp());
                    break;
                case Publish:
                    _isBlocking = true;
                    release!.Wait(6 * Soon);
                    _isBlocking = false;
                    break;
            }
        }
    }
}
