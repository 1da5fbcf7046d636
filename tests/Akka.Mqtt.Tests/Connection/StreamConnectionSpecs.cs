using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Xunit.Abstractions;

namespace Akka.Mqtt.Tests.Connection;

public sealed class InMemoryConnectionSpec(ITestOutputHelper output) : BoundConnectionSpec(output)
{
    protected override MqttTransport Kind => MqttTransport.InMemory;

    protected override Mqtt.Bind Bind(IActorRef handler) => new(handler, new InMemoryEndPoint("server"));

    protected override Mqtt.Connect Dial(EndPoint address) => new(address);
}

public sealed class UnixSocketConnectionSpec(ITestOutputHelper output) : BoundConnectionSpec(output)
{
    protected override MqttTransport Kind => MqttTransport.UnixSocket;

    protected override Mqtt.Bind Bind(IActorRef handler) =>
        new(handler, new UnixDomainSocketEndPoint(Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.sock")));

    protected override Mqtt.Connect Dial(EndPoint address) => new(address);
}

public sealed class NamedPipeConnectionSpec(ITestOutputHelper output) : BoundConnectionSpec(output)
{
    protected override MqttTransport Kind => MqttTransport.NamedPipe;

    protected override Mqtt.Bind Bind(IActorRef handler) => new(handler, new NamedPipeEndPoint($"{Guid.NewGuid():N}"));

    protected override Mqtt.Connect Dial(EndPoint address) => new(address);
}

public sealed class TlsConnectionSpec(ITestOutputHelper output) : BoundConnectionSpec(output)
{
    protected override MqttTransport Kind => MqttTransport.Tls;

    protected override Mqtt.Bind Bind(IActorRef handler) => new(handler, new IPEndPoint(IPAddress.Loopback, 0))
    {
        Tls = new TlsServerSettings { Certificate = TestCertificates.Shared.Server() },
    };

    protected override Mqtt.Connect Dial(EndPoint address) => new(address)
    {
        Tls = new TlsClientSettings { TargetHost = "localhost", TrustedAuthorities = TestCertificates.Shared.Authorities },
    };
}

/// <summary>The suite with the events of the framing stages in random order.</summary>
public sealed class FuzzedConnectionSpec(ITestOutputHelper output)
    : BoundConnectionSpec(output, "akka.stream.materializer.debug.fuzzing-mode = on")
{
    protected override MqttTransport Kind => MqttTransport.InMemory;

    protected override Mqtt.Bind Bind(IActorRef handler) => new(handler, new InMemoryEndPoint("server"));

    protected override Mqtt.Connect Dial(EndPoint address) => new(address);
}
