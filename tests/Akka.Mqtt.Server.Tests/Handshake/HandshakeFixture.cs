using System.Net;
using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Handshake;
using Akka.Mqtt.Server.Limits;
using Akka.Mqtt.Server.Shared;
using Akka.TestKit;
using Xunit.Abstractions;

namespace Akka.Mqtt.Server.Tests.Handshake;

/// <summary>Handshakes alone: a probe is the connection, another the registry; the actor that has them stops after the last.</summary>
public abstract class HandshakeFixture : global::Akka.TestKit.Xunit2.TestKit
{
    protected static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);

    protected TestProbe Connection { get; }

    protected TestProbe Registry { get; }

    protected TransportInfo Transport { get; } = new(MqttTransport.Tcp)
    {
        LocalAddress = new IPEndPoint(IPAddress.Loopback, 1883),
        RemoteAddress = new IPEndPoint(IPAddress.Loopback, 4000),
    };

    private protected ServerContext Server { get; private set; } = null!;

    private protected ConnectionPermit Permit { get; private set; } = null!;

    protected HandshakeFixture(ITestOutputHelper output)
        : base(TestSystem.Configured("akka.loglevel = DEBUG"), null, output) =>
        (Connection, Registry) = (CreateTestProbe("connection"), CreateTestProbe("registry"));

    protected static Connect Hello(string id = "client", MqttVersion version = MqttVersion.V5) => new() { ClientId = id, Version = version };

    protected async Task<IActorRef> StartAsync(
        string config = "", MqttServerHooks? hooks = null, string mountPoint = "", ListenerSecurity? security = null)
    {
        _ = Sys.Mqtt(); // brings the dispatcher
        var settings = MqttServerSettings.Create(ConfigurationFactory.ParseString($"akka.mqtt.server {{ {config} }}"));
        Server = ServerContext.Create(settings, hooks);
        Permit = Server.Gate.Admit(Transport, Server.Now)!;
        var connected = new Mqtt.Connected(Connection, MqttRole.Server, Transport);
        var profile = new ListenerProfile("tcp", mountPoint, security ?? settings.DefaultSecurity);
        var handshake = Watch(Sys.ActorOf(Props.Create(() => new Host(Server, Registry, profile, connected, Permit)).WithDeploy(Deploy.Local)));
        var register = await Connection.ExpectMsgAsync<Mqtt.Register>(Soon);
        Assert.Equal((handshake, MqttDelivery.Pull, true), (register.Handler, register.Delivery, register.KeepOpenOnPeerClosed));
        Assert.Equal(1, (await Connection.ExpectMsgAsync<Mqtt.Request>(Soon)).Count);
        return handshake;
    }

    protected void Say(IActorRef handshake, object message) => handshake.Tell(message, Connection);

    protected async Task ExpectRefusedAsync(IActorRef handshake, ReasonCode code)
    {
        Assert.Equal(code, (await Connection.ExpectMsgAsync<ConnAck>(Soon)).ReasonCode);
        await ExpectClosedAsync(handshake);
    }

    protected async Task ExpectClosedAsync(IActorRef handshake)
    {
        await Connection.ExpectMsgAsync<Mqtt.Close>(Soon);
        Say(handshake, Mqtt.Closed.Instance);
        await ExpectTerminatedAsync(handshake, Soon);
        await AwaitAssertAsync(() => Assert.Equal((0, 0L), (Server.Stats.Connections, Server.Memory.Total)), Soon);
    }

    /// <summary>One more connection for the host of the handshakes.</summary>
    internal sealed record Another(Mqtt.Connected Connected, ConnectionPermit Permit) : INoSerializationVerificationNeeded;

    private sealed class Host : UntypedActor
    {
        private readonly ListenerProfile _profile;
        private readonly Handshakes _handshakes;

        public Host(ServerContext context, IActorRef registry, ListenerProfile profile, Mqtt.Connected connected, ConnectionPermit permit)
        {
            _profile = profile;
            _handshakes = new Handshakes(context, registry, Self, Context.System.Scheduler, Context.GetLogger());
            _handshakes.Begin(profile, connected, permit);
        }

        protected override void OnReceive(object message)
        {
            if (message is Another another)
                _handshakes.Begin(_profile, another.Connected, another.Permit);
            else if (message is Drain)
                _handshakes.Drain();
            else if (!_handshakes.Receive(message, Sender))
                Unhandled(message);
            if (_handshakes.Count == 0)
                Context.Stop(Self);
        }

        protected override void PostStop() => _handshakes.Stop();
    }
}
