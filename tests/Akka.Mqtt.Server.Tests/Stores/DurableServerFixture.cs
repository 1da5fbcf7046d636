using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Shared;
using Akka.Mqtt.TestKit;
using Microsoft.Extensions.Time.Testing;
using Xunit.Abstractions;

namespace Akka.Mqtt.Server.Tests;

/// <summary>Servers with a storage that a test holds up, lets fail and crashes.</summary>
public abstract class DurableServerFixture(ITestOutputHelper output) : ProbeServerSpec(output)
{
    protected const uint Long = 3600;

    private protected static readonly SessionKey Key = new("", null, "c");

    /// <summary>The storage as the process at hand has it.</summary>
    internal MemoryEngine Engine { get; set; } = new(Limits);

    internal MemoryStorage? Storage { get; private set; }

    private protected static SessionLimits Limits =>
        new() { MaxQueuedMessages = 1000, MaxQueuedBytes = 1 << 20, MaxInflightMessages = 32, MaxInflightBytes = 1 << 20 };

    protected FakeTimeProvider Clock { get; } = new(DateTimeOffset.UtcNow);

    protected Task<MqttServer> StartAsync() => MqttServerAsync("");

    protected async Task<MqttServer> MqttServerAsync(string config)
    {
        Storage = new MemoryStorage(Engine);
        var context = ServerContext.Create(Settings($"sys-interval = off \n {config}"), new MqttServerHooks { Clock = Clock, Storage = Storage });
        return await StartAsync(await Sessions.DurableStart.OpenAsync(context, context.Hooks.Storage!, node: null, Sys.Log, default));
    }

    /// <summary>The process is killed, and another one starts.</summary>
    protected async Task<MqttServer> RestartAsync(MqttServer server, string config = "")
    {
        var next = Engine.Crash(Clock.GetUtcNow().ToUnixTimeMilliseconds());
        Engine.GoOn();
        DisposeProbes();
        await server.StopAsync();
        Engine = next;
        return await MqttServerAsync(config);
    }

    protected Connect Kept(string clientId = "c", Will? will = null, uint expiry = Long, bool clean = false) => new()
    {
        ClientId = clientId, CleanStart = clean, Will = will, Properties = new ConnectProperties { SessionExpiryInterval = expiry },
    };

    protected async Task<MqttProbe> ClientAsync(MqttServer server, bool present, string clientId = "c", Will? will = null, uint expiry = Long)
    {
        var (probe, answer) = await ConnectAsync(server, Kept(clientId, will, expiry));
        Assert.Equal((ReasonCode.Success, present), (answer.ReasonCode, answer.SessionPresent));
        return probe;
    }

    protected static async Task SubscribeAsync(MqttProbe probe, string filter, QualityOfService qos = QualityOfService.ExactlyOnce)
    {
        await probe.SendPacketAsync(new Subscribe(1, new Subscription(filter, qos)));
        await probe.ExpectPacketAsync<SubAck>(Soon);
    }

    protected async Task LeaveAsync(MqttServer server, MqttProbe probe, string clientId = "c")
    {
        var session = SessionOf(server, clientId);
        probe.Dispose();
        Assert.NotEqual(0, session);
        await AwaitAssertAsync(() => Assert.False(Engine.IsHeld(session)), Soon);
    }

    /// <summary>The identity of the durable session of a client, which is connected or away.</summary>
    protected static long SessionOf(MqttServer server, string clientId = "c")
    {
        var (clients, key) = (server.Context.Clients, Key with { ClientId = clientId });
        return clients.Get(key)?.Target.Session ?? clients.Parked.Find(key);
    }

    protected static Publish Message(string text, QualityOfService qos = QualityOfService.AtLeastOnce, ushort id = 0, string topic = "t") =>
        new(topic, text) { QoS = qos, PacketId = id };

    /// <summary>What the server has to say waits for a commit. Wait for <see cref="PendAsync"/> before, so that the server has handled what it answers.</summary>
    protected static Task ExpectHeldAsync(MqttProbe probe) => probe.ExpectNoPacketAsync(TimeSpan.FromMilliseconds(200));

    protected Task PendAsync() => AwaitAssertAsync(() => Assert.True(Engine.PendingUnits > 0), Soon);
}
