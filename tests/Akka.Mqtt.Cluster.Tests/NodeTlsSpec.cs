using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Akka.Actor;
using Akka.Configuration;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server;
using Akka.Mqtt.Server.Tests;
using Xunit.Abstractions;

namespace Akka.Mqtt.Cluster.Tests;

/// <summary>Nodes with TLS between them: those with a certificate of their authority are one cluster, a stranger is refused.</summary>
public sealed class NodeTlsSpec(ITestOutputHelper output) : global::Akka.TestKit.Xunit2.TestKit(TestSystem.Configured(""), null, output), IAsyncLifetime
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    private readonly string _folder = System.IO.Directory.CreateTempSubdirectory("node-tls").FullName;
    private readonly List<(ActorSystem System, MqttServer Server)> _nodes = [];

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var (system, server) in _nodes)
        {
            await server.StopAsync();
            await system.Terminate();
        }
        System.IO.Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Nodes_of_one_authority_exchange_messages_and_a_stranger_is_refused_with_a_line_that_says_why()
    {
        using var ours = Authority("ours");
        using var others = Authority("others");
        var first = await StartAsync("first", ours, ours, null);
        var seed = global::Akka.Cluster.Cluster.Get(first.System).SelfAddress;
        Assert.Equal("akka.ssl.tcp", seed.Protocol);
        var second = await StartAsync("second", ours, ours, seed);
        await AwaitAssertAsync(() => Assert.True(first.Server.Health.IsReady && second.Server.Health.IsReady && first.Server.Context.Routing.Nodes.Length == 1), Soon);

        var warnings = new List<string>();
        first.System.EventStream.Subscribe(
            first.System.ActorOf(Props.Create(() => new Listener(warnings))), typeof(global::Akka.Event.Warning));
        var stranger = await StartAsync("stranger", others, ours, seed);
        await AwaitAssertAsync(
            () =>
            {
                lock (warnings)
                    Assert.Contains(warnings, each => each.Contains("is refused", StringComparison.Ordinal) && each.Contains("CN=stranger", StringComparison.Ordinal));
            },
            Soon);
        // Where TLS fails at its own end, Akka.Remote ends the system of the stranger, a moment after the warning. Otherwise it goes on without a cluster.
        Assert.True(stranger.Server.Health.State is MqttServerState.Starting or MqttServerState.Stopped, $"{stranger.Server.Health}");
        Assert.Equal(2, global::Akka.Cluster.Cluster.Get(first.System).State.Members.Count);

        using var subscriber = await ClientAsync(second.Server, "subscriber");
        await subscriber.SendAsync(new Subscribe(1, "a"));
        await subscriber.ExpectAsync<SubAck>();
        await AwaitAssertAsync(
            async () => Assert.Equal(ReasonCode.Success, await first.Server.PublishAsync(new Publish("a", "x") { QoS = QualityOfService.AtLeastOnce }).WaitAsync(Soon)), Soon);
        Assert.Equal("x", (await subscriber.ExpectAsync<Publish>()).Payload.ToText());
    }

    private static async Task<PacketClient> ClientAsync(MqttServer server, string clientId)
    {
        var client = await PacketClient.DialAsync((global::System.Net.IPEndPoint)server.Endpoints[0].Address, MqttVersion.V5);
        await client.SendAsync(new Connect { ClientId = clientId });
        Assert.Equal(ReasonCode.Success, (await client.ExpectAsync<ConnAck>()).ReasonCode);
        return client;
    }

    private async Task<(ActorSystem System, MqttServer Server)> StartAsync(string name, X509Certificate2 issuer, X509Certificate2 trusted, Address? seed)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var certificate = request.Create(issuer, DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1), RandomNumberGenerator.GetBytes(8));
        await File.WriteAllTextAsync(PathOf($"{name}.crt"), certificate.ExportCertificatePem());
        await File.WriteAllTextAsync(PathOf($"{name}.key"), key.ExportPkcs8PrivateKeyPem());
        await File.WriteAllTextAsync(PathOf("ca.crt"), trusted.ExportCertificatePem());
        var config = NodeTls.Config.WithFallback(ConfigurationFactory.ParseString(
            """
            akka {
              loglevel = INFO
              loggers = []
              stdout-loglevel = off
              actor.provider = cluster
              remote.dot-netty.tcp { hostname = 127.0.0.1, port = 0 }
              cluster { gossip-interval = 50 ms, leader-actions-interval = 50 ms }
              coordinated-shutdown { run-by-actor-system-terminate = off, run-by-clr-shutdown-hook = off }
              mqtt.server { sys-interval = off, listeners.tcp.port = 0 }
            }
            """));
        var setup = BootstrapSetup.Create().WithConfig(config).And(NodeTls.FromPemFiles(PathOf($"{name}.crt"), PathOf($"{name}.key"), PathOf("ca.crt")));
        var system = ActorSystem.Create("mqtt", setup);
        var cluster = global::Akka.Cluster.Cluster.Get(system);
        cluster.Join(seed ?? cluster.SelfAddress);
        var server = await MqttServer.StartAsync(system, hooks: new MqttServerHooks { Cluster = new MqttCluster() });
        _nodes.Add((system, server));
        return (system, server);
    }

    private string PathOf(string name) => Path.Combine(_folder, name);

    private static X509Certificate2 Authority(string name)
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-2), DateTimeOffset.UtcNow.AddDays(2));
    }

    private sealed class Listener : UntypedActor
    {
        private readonly List<string> _warnings;

        public Listener(List<string> warnings) => _warnings = warnings;

        protected override void OnReceive(object message)
        {
            lock (_warnings)
                _warnings.Add($"{((global::Akka.Event.Warning)message).Message}");
        }
    }
}
