using Akka.Mqtt.Protocol;
using Akka.Mqtt.TestKit;

namespace Akka.Mqtt.Conformance;

/// <summary>Base of the conformance specs: bare packets and bytes against a server over TCP. Topics and client identifiers are each test's own.</summary>
public abstract class ConformanceSpec(ServerFixture fixture) : IAsyncLifetime
{
    protected const QualityOfService Q0 = QualityOfService.AtMostOnce;
    protected const QualityOfService Q1 = QualityOfService.AtLeastOnce;
    protected const QualityOfService Q2 = QualityOfService.ExactlyOnce;
    protected const MqttVersion V31 = MqttVersion.V31;
    protected const MqttVersion V311 = MqttVersion.V311;
    protected const MqttVersion V5 = MqttVersion.V5;

    private static int _number;

    private readonly List<MqttProbe> _probes = [];
    private readonly int _test = Interlocked.Increment(ref _number);

    protected ServerFixture Fixture { get; } = fixture;

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync()
    {
        foreach (var probe in _probes)
            probe.Abort();
        return Task.CompletedTask;
    }

    /// <summary>A name of this test alone: a client identifier or the first levels of a topic.</summary>
    protected string My(string name) => $"n{_test}x{name}";

    protected static Publish Message(string topic, QualityOfService qos = Q0, ushort id = 7, string payload = "x") =>
        new(topic, payload) { QoS = qos, PacketId = qos == Q0 ? (ushort)0 : id };

    protected static Connect Hello(string clientId, MqttVersion version = V5, bool clean = true, ConnectProperties? properties = null) =>
        new() { ClientId = clientId, Version = version, CleanStart = clean, Properties = properties };

    /// <summary>A CONNECT whose session outlives its connection.</summary>
    protected static Connect Keep(string clientId, MqttVersion version = V5, uint expiry = 3600, ushort? receiveMaximum = null) => Hello(
        clientId,
        version,
        clean: false,
        version == V5 ? new ConnectProperties { SessionExpiryInterval = expiry, ReceiveMaximum = receiveMaximum } : null);

    protected async Task<MqttProbe> DialAsync(MqttVersion version = V5)
    {
        var probe = await MqttProbe.ConnectAsync(Fixture, Fixture.Address);
        probe.Version = version;
        _probes.Add(probe);
        return probe;
    }

    protected async Task<(MqttProbe Probe, ConnAck Answer)> OpenAsync(Connect connect)
    {
        var probe = await DialAsync(connect.Version);
        await probe.SendPacketAsync(connect);
        return (probe, await probe.ExpectPacketAsync<ConnAck>());
    }

    protected async Task<MqttProbe> ConnectAsync(Connect connect)
    {
        var (probe, answer) = await OpenAsync(connect);
        Assert.Equal(ReasonCode.Success, answer.ReasonCode);
        return probe;
    }

    protected Task<MqttProbe> ConnectAsync(string clientId, MqttVersion version = V5) => ConnectAsync(Hello(My(clientId), version));

    /// <summary>A client with one subscription.</summary>
    protected async Task<MqttProbe> SubscriberAsync(Subscription subscription, MqttVersion version = V5, string clientId = "sub")
    {
        var probe = await ConnectAsync(clientId, version);
        await SubscribeAsync(probe, subscription);
        return probe;
    }

    protected static async Task<SubAck> SubscribeAsync(MqttProbe probe, params Subscription[] subscriptions)
    {
        await probe.SendPacketAsync(new Subscribe(60000, subscriptions));
        var answer = await probe.ExpectPacketAsync<SubAck>();
        Assert.All(answer.ReasonCodes, code => Assert.True(code < ReasonCode.UnspecifiedError, $"{code}"));
        return answer;
    }

    /// <summary>
    /// Nothing has come for the probe: an UNSUBSCRIBE goes the way of its session, behind everything that was acknowledged to publishers.
    /// </summary>
    protected static async Task QuietAsync(MqttProbe probe)
    {
        await probe.SendPacketAsync(new Unsubscribe(60001, "no/such/filter"));
        await probe.ExpectPacketAsync<UnsubAck>(answer => answer.PacketId == 60001);
    }

    /// <summary>Publishes and waits until the server has taken the messages.</summary>
    protected static async Task PublishAsync(MqttProbe probe, params Publish[] messages)
    {
        foreach (var message in messages)
        {
            await probe.SendPacketAsync(message);
            switch (message.QoS)
            {
                case Q1:
                    await probe.ExpectPacketAsync<PubAck>(ack => ack.PacketId == message.PacketId);
                    break;
                case Q2:
                    await probe.ExpectPacketAsync<PubRec>(ack => ack.PacketId == message.PacketId);
                    await probe.SendPacketAsync(new PubRel(message.PacketId));
                    await probe.ExpectPacketAsync<PubComp>(ack => ack.PacketId == message.PacketId);
                    break;
            }
        }
        await probe.SendPacketAsync(new PingReq());
        await probe.ExpectPacketAsync<PingResp>();
    }

    /// <summary>A DISCONNECT in 5.0, nothing in 3.x; then the end of the connection.</summary>
    protected static async Task RefusedAsync(MqttProbe probe, ReasonCode code)
    {
        if (probe.Version == V5)
            Assert.Equal(code, (await probe.ExpectPacketAsync<Disconnect>()).ReasonCode);
        await probe.ExpectEndAsync();
    }

    protected static async Task LeaveAsync(MqttProbe probe, DisconnectProperties? properties = null)
    {
        await probe.SendPacketAsync(new Disconnect { Properties = properties });
        await probe.ExpectClosedAsync();
    }

    /// <summary>The client goes, and its session has seen it: its will has come to the probe that watches for it.</summary>
    protected async Task DropAsync(MqttProbe probe, MqttProbe watcher)
    {
        probe.Abort();
        await watcher.FishForPacketAsync<Publish>(packet => packet.Topic == My("will"));
    }
}
