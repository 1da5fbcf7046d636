using System.Net;
using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.TestKit;
using Akka.TestKit;
using Xunit;
using Xunit.Abstractions;

namespace Akka.Mqtt.Tests.Connection;

/// <summary>A connection under test, a probe that plays its peer, and a neighbour that nothing of it may disturb.</summary>
public abstract class FaultSpec : MqttSpec
{
    private readonly List<IDisposable> _used = [];
    private ConnectionCounters? _counters;
    private ConnectionLog? _log;
    private EndPoint? _listener;
    private TestProbe? _acceptor;
    private MqttServerProbe? _server;

    protected FaultSpec(ITestOutputHelper output, bool tcp, string config = "")
        : base(output, config) => IsTcp = tcp;

    protected bool IsTcp { get; }

    /// <summary>Over TCP the acceptor's listener and the fake server are shared by all connections of a test.</summary>
    protected async Task<Tested> OpenAsync(
        MqttRole role, MqttConnectionSettings? settings = null, MqttDelivery delivery = MqttDelivery.EachPacket, bool register = true)
    {
        var commander = CreateTestProbe();
        var handler = CreateTestProbe();
        MqttProbe peer;
        IActorRef connection;
        if (!IsTcp)
        {
            peer = this.AttachMqttProbe(commander, role, settings: settings);
            connection = (await commander.ExpectMsgAsync<Mqtt.Connected>(Soon)).Connection;
        }
        else if (role == MqttRole.Server)
        {
            var address = await ListenAsync(settings);
            peer = await this.ConnectMqttProbeAsync(address);
            connection = (await _acceptor!.ExpectMsgAsync<Mqtt.Connected>(Soon)).Connection;
        }
        else
        {
            _server ??= Use(this.CreateMqttServerProbe());
            Sys.Mqtt().Tell(new Mqtt.Connect(_server.EndPoint) { Settings = settings }, commander);
            peer = await _server.AcceptAsync();
            connection = (await commander.ExpectMsgAsync<Mqtt.Connected>(Soon)).Connection;
        }

        Use(peer);
        await WatchAsync(connection);
        if (register)
            connection.Tell(new Mqtt.Register(handler) { Delivery = delivery }, commander);
        return new Tested(role, connection, handler, commander, IsTcp && role == MqttRole.Server ? _acceptor! : commander, peer);
    }

    /// <summary>Brings a connection to where a peer may misbehave.</summary>
    protected async Task<Tested> OpenAsync(
        MqttRole role, Stage stage, MqttVersion version, MqttConnectionSettings? settings = null, ushort keepAlive = 60)
    {
        var tested = await OpenAsync(role, settings);
        if (stage == Stage.Fresh)
            return tested;
        var hello = new Connect { ClientId = "c", Version = version, KeepAlive = keepAlive };
        if (role == MqttRole.Client)
        {
            await SendAsync(tested, hello);
            if (stage == Stage.Greeted)
                return tested;
            await tested.Peer.SendPacketAsync(new ConnAck());
            await tested.Handler.ExpectMsgAsync(new ConnAck(), Soon);
            return tested;
        }

        await tested.Peer.SendPacketAsync(hello);
        await tested.Handler.ExpectMsgAsync(hello, Soon);
        if (stage == Stage.Greeted)
            return tested;
        await SendAsync(tested, new ConnAck());
        return tested;
    }

    /// <summary>Sends a packet and waits until it has come, and until nothing waits to be written any more.</summary>
    private static async Task SendAsync(Tested tested, MqttPacket packet)
    {
        tested.Tell(new Mqtt.Write(packet, "written"));
        await tested.Peer.ExpectPacketAsync(packet);
        await tested.Commander.ExpectMsgAsync("written", Soon);
    }

    /// <summary>Counts and logs from here on.</summary>
    protected void Observe()
    {
        _log = new ConnectionLog(Sys);
        _counters = Use(new ConnectionCounters());
    }

    /// <summary>The connection has ended in this one event; it was logged once, counted once, told once.</summary>
    protected async Task<T> ExpectEndAsync<T>(Tested tested, CloseReason reason, LogLevel level, TestProbe? told = null)
        where T : Mqtt.ConnectionClosed
    {
        told ??= tested.Handler;
        var closed = await told.ExpectMsgAsync<T>(Soon);
        if (closed is Mqtt.ErrorClosed error)
            Assert.Equal(reason, error.Reason);
        await ExpectRecordedAsync(tested, reason, level);
        await told.ExpectNoMsgAsync(TimeSpan.FromMilliseconds(10));
        return closed;
    }

    /// <summary>The connection has ended; it was logged once and counted once.</summary>
    protected async Task ExpectRecordedAsync(Tested tested, CloseReason reason, LogLevel level)
    {
        await ExpectTerminatedAsync(tested.Connection, Soon);
        await AwaitAssertAsync(() => Assert.NotEmpty(_log!.Ends));
        Assert.Equal(level, Assert.Single(_log!.Ends).Level);
        Assert.Equal(level >= LogLevel.InfoLevel ? 1 : 0, _log.Notable.Count);
        Assert.Equal(reason.ToString(), Assert.Single(_counters!.Ends));
        Assert.Equal(-1, _counters.OpenChange);
    }

    /// <summary>A connection of the same listener, or to the same server, works both ways.</summary>
    protected static async Task ExpectAliveAsync(Tested neighbour)
    {
        await neighbour.Peer.SendPacketAsync(new Publish("neighbour", "in"));
        await neighbour.Handler.ExpectMsgAsync(new Publish("neighbour", "in"), Soon);
        neighbour.Tell(new Publish("neighbour", "out"));
        await neighbour.Peer.ExpectPacketAsync(new Publish("neighbour", "out"));
    }

    protected T Use<T>(T used)
        where T : IDisposable
    {
        _used.Add(used);
        return used;
    }

    protected override void AfterAll()
    {
        _used.ForEach(one => one.Dispose());
        base.AfterAll();
    }

    private async Task<EndPoint> ListenAsync(MqttConnectionSettings? settings)
    {
        // Settings belong to the listener: a test that needs others makes its neighbour with the same.
        if (_listener is not null)
            return _listener;
        _acceptor = CreateTestProbe();
        Sys.Mqtt().Tell(new Mqtt.Bind(_acceptor, new IPEndPoint(IPAddress.Loopback, 0)) { Settings = settings }, _acceptor);
        return _listener = (await _acceptor.ExpectMsgAsync<Mqtt.Bound>(Soon)).LocalAddress;
    }

    /// <summary>How far the conversation is when the peer misbehaves.</summary>
    public enum Stage
    {
        /// <summary>No packet went either way.</summary>
        Fresh,

        /// <summary>CONNECT has come, CONNACK has not.</summary>
        Greeted,

        /// <summary>CONNACK has come.</summary>
        Open,
    }

    /// <param name="Role">Our side.</param>
    /// <param name="Connection">The connection.</param>
    /// <param name="Handler">Who is registered, or will be.</param>
    /// <param name="Commander">Who tells it things.</param>
    /// <param name="Owner">Who was told that it is connected.</param>
    /// <param name="Peer">The other side.</param>
    public sealed record Tested(MqttRole Role, IActorRef Connection, TestProbe Handler, TestProbe Commander, TestProbe Owner, MqttProbe Peer)
    {
        public void Tell(object message) => Connection.Tell(message, Commander);
    }
}
