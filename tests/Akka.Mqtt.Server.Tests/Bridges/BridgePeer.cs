using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Shared;
using Akka.Mqtt.TestKit;
using Akka.TestKit;
using Xunit.Abstractions;

namespace Akka.Mqtt.Server.Tests;

/// <summary>Base of the specs that have a bridge, and a server at its other end that does what a test says.</summary>
public abstract class BridgePeer : ProbeServerSpec
{
    private readonly Dictionary<TestProbe, Queue<Publish>> _got = [];

    protected BridgePeer(ITestOutputHelper output)
        : base(output) => Far = this.CreateMqttServerProbe();

    /// <summary>The other server.</summary>
    protected MqttServerProbe Far { get; }

    private protected static MemoryEngine Engine() =>
        new(new Core.SessionLimits { MaxQueuedMessages = 1000, MaxQueuedBytes = 1 << 20, MaxInflightMessages = 32, MaxInflightBytes = 1 << 20 });

    protected static Publish Message(string topic, string text, QualityOfService qos, ushort id = 0) => new(topic, text) { QoS = qos, PacketId = id };

    protected static (string, string) Two(Publish packet) => (packet.Topic, packet.Payload.ToText());

    /// <summary>A server with one bridge to the scripted one.</summary>
    private protected async Task<MqttServer> NearAsync(string version, string? topics, MemoryEngine? engine = null, string more = "")
    {
        var bridge = topics is null ? "" : $$"""
            bridges.b {
                client { servers = ["mqtt://{{Far.EndPoint}}"], client-id = the-bridge, version = "{{version}}", first-wait = 20 ms, longest-wait = 20 ms }
                topics = [{{topics}}]
                {{more}}
            }
            """;
        var context = ServerContext.Create(Settings($"sys-interval = off\n{bridge}"), new MqttServerHooks { Storage = engine is null ? null : new MemoryStorage(engine) });
        if (engine is not null)
            context = await Sessions.DurableStart.OpenAsync(context, context.Hooks.Storage!, node: null, Sys.Log, default);
        return await StartAsync(context);
    }

    /// <summary>The other server accepts the bridge, and grants its subscriptions.</summary>
    protected async Task<(MqttProbe Far, Connect Connect)> AcceptAsync(bool sessionPresent = false, bool subscribes = true, ConnAck? answer = null)
    {
        var far = await Far.AcceptAsync(Soon);
        var connect = await far.AcceptClientAsync(answer ?? new ConnAck(ReasonCode.Success, sessionPresent), Soon);
        if (!subscribes || sessionPresent)
            return (far, connect);
        var subscribe = await far.ExpectPacketAsync<Subscribe>(Soon);
        await far.SendPacketAsync(new SubAck(subscribe.PacketId, [.. subscribe.Subscriptions.Select(each => (ReasonCode)(byte)each.QoS)]));
        return (far, connect);
    }

    protected async Task<Connect> RefuseAsync(ConnAck refusal)
    {
        var far = await Far.AcceptAsync(Soon);
        var connect = await far.ExpectPacketAsync<Connect>(Soon);
        await far.SendPacketAsync(refusal);
        return connect;
    }

    /// <summary>Whether a connection is of a server that still runs: then it is accepted.</summary>
    protected static async Task<bool> IsAliveAsync(MqttProbe far)
    {
        try
        {
            await far.AcceptClientAsync(null, Soon);
            return true;
        }
        catch (Exception error) when (error is Xunit.Sdk.XunitException or IOException)
        {
            return false;
        }
    }

    protected async Task<TestProbe> SubscribeAsync(MqttServer server, string filter)
    {
        var probe = CreateTestProbe();
        await server.SubscribeAsync(new Subscription(filter, QualityOfService.ExactlyOnce), probe);
        return probe;
    }

    protected async Task<string> NextAsync(TestProbe probe) => (await NextPacketAsync(probe)).Payload.ToText();

    protected async Task<Publish> NextPacketAsync(TestProbe probe)
    {
        if (!_got.TryGetValue(probe, out var queue))
            _got.Add(probe, queue = new Queue<Publish>());
        while (queue.Count == 0)
        {
            foreach (var packet in (await probe.ExpectMsgAsync<MqttServer.Messages>(Soon)).Packets)
                queue.Enqueue(packet);
        }
        return queue.Dequeue();
    }
}
