using System.Net;
using Microsoft.Extensions.Time.Testing;

namespace Akka.Mqtt.Conformance;

/// <summary>A server for the tests of one class, on a port that the system picks, with a clock that stands still until it is advanced.</summary>
public class ServerFixture : Akka.TestKit.Xunit2.TestKit, IAsyncLifetime
{
    public ServerFixture()
        : this("")
    {
    }

    protected ServerFixture(string config)
        : base(TestSystem.Configured(
            $"akka.loglevel = OFF\nakka.stdout-loglevel = OFF\nakka.test.single-expect-default = 10s\nakka.mqtt.server {{ {config} \n listeners.tcp.port = 0 }}"))
    {
    }

    public FakeTimeProvider Clock { get; } = new();

    public Server.MqttServer Server { get; private set; } = null!;

    public EndPoint Address => Server.Endpoints[0].Address;

    public async Task InitializeAsync() =>
        Server = await Akka.Mqtt.Server.MqttServer.StartAsync(Sys, Akka.Mqtt.Server.MqttServerSettings.Create(Sys), new Akka.Mqtt.Server.MqttServerHooks { Clock = Clock });

    public Task DisposeAsync()
    {
        Dispose(); // the system ends, and with it server and probes
        return Task.CompletedTask;
    }
}
