using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Cluster.Nodes;
using Akka.TestKit;
using Xunit.Abstractions;

namespace Akka.Mqtt.Cluster.Tests;

/// <summary>The connections between nodes that carry frames, without a cluster.</summary>
public sealed class FrameConnectionSpec : global::Akka.TestKit.Xunit2.TestKit
{
    private readonly FrameListener _listener = FrameListener.Open(new IPEndPoint(IPAddress.Loopback, 0), "127.0.0.1");
    private readonly List<IDisposable> _ends = [];
    private readonly TestProbe _inbox;
    private readonly TestProbe _link;
    private readonly TestProbe _cluster;

    public FrameConnectionSpec(ITestOutputHelper output)
        : base(TestSystem.Configured("akka.loglevel = INFO"), null, output)
    {
        _inbox = CreateTestProbe("inbox");
        _link = CreateTestProbe("link");
        _cluster = CreateTestProbe("cluster");
    }

    protected override void AfterAll()
    {
        _ends.ForEach(static each => each.Dispose());
        _listener.Dispose();
        base.AfterAll();
    }

    private LinkPeer Peer()
    {
        var peer = new LinkPeer(
            Sys.ActorSelection(_cluster.Ref.Path), new global::Akka.Cluster.UniqueAddress(new Address("akka.tcp", "mqtt", "a", 1), 1), _link.Ref, Sys.Scheduler, Sys.Log);
        _ends.Add(peer);
        return peer;
    }

    /// <summary>A link whose frames go by a connection, and the other end of that connection.</summary>
    private async Task<(LinkPeer Peer, FrameConnection Far)> ConnectAsync()
    {
        var peer = Peer();
        peer.Open(_inbox.Ref, _listener.Offer(_inbox.Ref, 7), 0);
        var connected = await _inbox.ExpectMsgAsync<FrameListener.Connected>();
        Assert.Equal(7, connected.Link);
        connected.Connection.Start(_inbox.Ref);
        _ends.Add(connected.Connection);
        Assert.True(peer.Begin(await _link.ExpectMsgAsync<LinkPeer.Dialled>()));
        return (peer, connected.Connection);
    }

    [Fact]
    public async Task Frames_of_all_sizes_come_in_order_and_confirmations_go_back()
    {
        var (peer, far) = await ConnectAsync();
        peer.Open(_inbox.Ref, null, 0);
        var frames = new[] { 0, 1, 30, 65_000, 65_536, 200_000, 3 << 20, 5 }
            .Select(static (size, at) => new Frame(7, at + 1, size > 65_536, RandomNumberGenerator.GetBytes(size))).ToList();
        frames.ForEach(peer.Send);
        foreach (var sent in frames)
        {
            var got = await _inbox.ExpectMsgAsync<Frame>();
            Assert.Equal((sent.Link, sent.Number, sent.Continues), (got.Link, got.Number, got.Continues));
            Assert.True(sent.Content.Span.SequenceEqual(got.Content.Span));
            far.Send(new FrameTaken(got.Link, got.Number));
            Assert.Equal(new FrameTaken(7, sent.Number), await _link.ExpectMsgAsync<FrameTaken>());
            far.Send(new FrameSafe(got.Link, got.Number));
            Assert.Equal(new FrameSafe(7, sent.Number), await _link.ExpectMsgAsync<FrameSafe>());
        }
    }

    [Fact]
    public async Task Between_two_ways_no_frame_is_sent_until_the_node_has_said_how_to_go_on()
    {
        var (peer, far) = await ConnectAsync();
        Assert.False(peer.IsOpen);
        peer.Open(_inbox.Ref, null, 0);
        Assert.True(peer.IsOpen);
        far.Dispose();
        var closed = await _link.ExpectMsgAsync<FrameConnection.Closed>();
        Assert.True(peer.End(closed.Connection));
        Assert.False(peer.IsOpen);
        peer.Open(_inbox.Ref, null, 0); // no port: frames go by Akka.Remote
        Assert.True(peer.IsOpen);
        await _inbox.ExpectMsgAsync<FrameConnection.Closed>();
        peer.Send(new Frame(7, 1, false, new byte[] { 1 }));
        Assert.Equal(1, (await _inbox.ExpectMsgAsync<Frame>()).Number);
        Assert.Equal(_link.Ref, _inbox.LastSender);
    }

    [Fact]
    public async Task An_answer_that_confirmations_have_overtaken_does_not_say_that_the_node_has_lost_frames()
    {
        var peer = Peer();
        peer.Ask(7, 3); // frames 3 and later are not confirmed
        peer.Ask(7, 5);
        Assert.Equal((1, 2), ((await _cluster.ExpectMsgAsync<OpenLink>()).Asked, (await _cluster.ExpectMsgAsync<OpenLink>()).Asked));
        Assert.Equal(3, peer.FirstAt(1, 9));
        Assert.Null(peer.FirstAt(1, 9)); // twice
        Assert.Equal(5, peer.FirstAt(2, 9));
        Assert.Equal(9, peer.FirstAt(0, 9)); // from an earlier version
        peer.Ask(7, 9);
        peer.Ask(7, 11);
        Assert.Equal(11, peer.FirstAt(4, 12));
        Assert.Null(peer.FirstAt(3, 12));
    }

    [Fact]
    public async Task An_answer_to_a_question_from_before_the_change_does_not_end_it()
    {
        var peer = Peer();
        peer.Ask(7, 1);
        peer.Open(_inbox.Ref, _listener.Offer(_inbox.Ref, 7), 1);
        peer.Ask(7, 1);
        Assert.True(peer.Begin(await _link.ExpectMsgAsync<LinkPeer.Dialled>()));
        peer.Open(_inbox.Ref, null, 2);
        Assert.False(peer.IsOpen);
        peer.Ask(7, 1);
        peer.Open(_inbox.Ref, null, 3);
        Assert.True(peer.IsOpen);
        _ends.Add((await _inbox.ExpectMsgAsync<FrameListener.Connected>()).Connection);
    }

    [Fact]
    public async Task While_a_connection_lasts_an_answer_sends_nothing_again()
    {
        var (peer, _) = await ConnectAsync();
        peer.Ask(7, 1);
        Assert.True(peer.Open(_inbox.Ref, null, 1)); // ends the change to the connection
        peer.Ask(7, 1);
        Assert.False(peer.Open(_inbox.Ref, null, 2));
    }

    [Fact]
    public async Task A_node_that_asks_again_may_dial_with_the_first_answer()
    {
        var first = _listener.Offer(_inbox.Ref, 7);
        var second = _listener.Offer(_inbox.Ref, 7);
        Assert.Equal(first.Secret.ToArray(), second.Secret.ToArray());
        Assert.NotEqual(first.Secret.ToArray(), _listener.Offer(_inbox.Ref, 8).Secret.ToArray());
        Assert.False(await IsWelcomeAsync([.. FramePort.Greeting, .. first.Secret.Span])); // of an earlier link
    }

    [Fact]
    public async Task What_was_dialled_for_an_earlier_link_is_closed_and_says_nothing_of_the_port()
    {
        var peer = Peer();
        peer.Open(_inbox.Ref, _listener.Offer(_inbox.Ref, 7), 0);
        var dialled = await _link.ExpectMsgAsync<LinkPeer.Dialled>();
        peer.Reset();
        Assert.False(peer.Begin(dialled));
        var far = (await _inbox.ExpectMsgAsync<FrameListener.Connected>()).Connection;
        far.Start(_inbox.Ref);
        await _inbox.ExpectMsgAsync<FrameConnection.Closed>();
        peer.Open(_inbox.Ref, _listener.Offer(_inbox.Ref, 8), 0);
        Assert.NotNull((await _link.ExpectMsgAsync<LinkPeer.Dialled>()).Connection);
        _ends.Add((await _inbox.ExpectMsgAsync<FrameListener.Connected>()).Connection);
    }

    [Fact]
    public async Task Who_does_not_know_the_secret_is_refused_and_a_secret_counts_once()
    {
        var offer = _listener.Offer(_inbox.Ref, 7);
        var wrong = RandomNumberGenerator.GetBytes(FramePort.SecretSize);
        Assert.False(await IsWelcomeAsync([.. FramePort.Greeting, .. wrong]));
        Assert.False(await IsWelcomeAsync([.. "GET / HTTP/1.1\r\nHost: somewhere.example\r\nAccept: */*\r\n\r\n"u8]));
        Assert.True(await IsWelcomeAsync([.. FramePort.Greeting, .. offer.Secret.Span]));
        _ends.Add((await _inbox.ExpectMsgAsync<FrameListener.Connected>()).Connection);
        Assert.False(await IsWelcomeAsync([.. FramePort.Greeting, .. offer.Secret.Span]));
        var withdrawn = _listener.Offer(_inbox.Ref, 8);
        _listener.Withdraw(_inbox.Ref);
        Assert.False(await IsWelcomeAsync([.. FramePort.Greeting, .. withdrawn.Secret.Span]));
    }

    [Fact]
    public async Task Of_connections_that_say_nothing_only_64_are_kept()
    {
        var silent = new List<Socket>();
        for (var at = 0; at < 80; at++)
        {
            silent.Add(await DialAsync());
            _ends.Add(silent[^1]);
        }
        await AwaitAssertAsync(() => Assert.Equal(16, silent.Count(static each => each.Poll(0, SelectMode.SelectRead))));
    }

    [Fact]
    public async Task What_is_no_frame_closes_the_connection()
    {
        var offer = _listener.Offer(_inbox.Ref, 7);
        foreach (var nonsense in new byte[][] { [9, 9, 9], [1, .. new byte[17], 255, 255, 255, 255], [1, .. new byte[17], 255, 255, 255, 127] })
        {
            offer = _listener.Offer(_inbox.Ref, 7);
            var socket = await DialAsync();
            _ends.Add(socket);
            await socket.SendAsync((byte[])[.. FramePort.Greeting, .. offer.Secret.Span, .. nonsense]);
            (await _inbox.ExpectMsgAsync<FrameListener.Connected>()).Connection.Start(_inbox.Ref);
            await _inbox.ExpectMsgAsync<FrameConnection.Closed>();
        }
    }

    [Fact]
    public async Task A_port_that_cannot_be_reached_is_named_once_and_dialled_again_after_a_minute()
    {
        using var nobody = new Socket(SocketType.Stream, ProtocolType.Tcp);
        nobody.Bind(new IPEndPoint(IPAddress.Loopback, 0)); // bound, and nobody listens
        var port = new FramePort("127.0.0.1", ((IPEndPoint)nobody.LocalEndPoint!).Port, new byte[FramePort.SecretSize]);
        var clock = new SettableClock();
        var peer = new LinkPeer(
            Sys.ActorSelection(_cluster.Ref.Path), new global::Akka.Cluster.UniqueAddress(new Address("akka.tcp", "mqtt", "a", 1), 1), _link.Ref, clock, Sys.Log);
        _ends.Add(peer);
        var warnings = CreateTestProbe("warnings");
        Sys.EventStream.Subscribe<Warning>(warnings);

        peer.Open(_inbox.Ref, port, 0);
        Assert.False(peer.Begin(await _link.ExpectMsgAsync<LinkPeer.Dialled>()));
        Assert.Contains("frame-port", (await warnings.ExpectMsgAsync<Warning>()).ToString(), StringComparison.Ordinal);
        Assert.True(peer.IsOpen);

        clock.MonotonicClock = TimeSpan.FromSeconds(59);
        Assert.False(peer.WantsPort);
        peer.Open(_inbox.Ref, port, 0);
        clock.MonotonicClock = TimeSpan.FromSeconds(61);
        Assert.True(peer.WantsPort);
        peer.Open(_inbox.Ref, port, 0);
        Assert.False(peer.WantsPort);
        Assert.False(peer.Begin(await _link.ExpectMsgAsync<LinkPeer.Dialled>()));
        await _link.ExpectNoMsgAsync(TimeSpan.Zero);
        await warnings.ExpectNoMsgAsync(TimeSpan.Zero);
    }

    private async Task<Socket> DialAsync()
    {
        var offer = _listener.Offer(_cluster.Ref, 1);
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, offer.Port);
        return socket;
    }

    private async Task<bool> IsWelcomeAsync(byte[] greeting)
    {
        var socket = await DialAsync();
        _ends.Add(socket);
        await socket.SendAsync(greeting);
        try
        {
            return await socket.ReceiveAsync(new byte[1]).WaitAsync(TimeSpan.FromSeconds(15)) == 1;
        }
        catch (SocketException)
        {
            return false; // reset: it did not read all of it
        }
    }

    private sealed class SettableClock : ITimeProvider
    {
        public DateTimeOffset Now => DateTimeOffset.UnixEpoch + MonotonicClock;

        public TimeSpan MonotonicClock { get; set; }

        public TimeSpan HighResMonotonicClock => MonotonicClock;
    }
}
