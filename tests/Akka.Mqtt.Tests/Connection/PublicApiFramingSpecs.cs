using System.Net;
using Akka.Actor;
using Akka.Mqtt.Tests.Streams;
using Xunit;
using Xunit.Abstractions;

namespace Akka.Mqtt.Tests.Connection;

/// <summary>The suite over sockets that connections read themselves, with the framing stages materialized by the public API of Akka.Streams.</summary>
public sealed class PublicApiSocketConnectionSpec(ITestOutputHelper output)
    : BoundConnectionSpec(output, PublicApiFraming.Config + "akka.mqtt.connection.tcp-engine = socket")
{
    protected override MqttTransport Kind => MqttTransport.Tcp;

    protected override Mqtt.Bind Bind(IActorRef handler) => new(handler, new IPEndPoint(IPAddress.Loopback, 0));

    protected override Mqtt.Connect Dial(EndPoint address) => new(address);
}

/// <summary>The same over Akka.IO's connection actors.</summary>
public sealed class PublicApiAkkaIoConnectionSpec(ITestOutputHelper output)
    : BoundConnectionSpec(output, PublicApiFraming.Config + "akka.mqtt.connection.tcp-engine = akka-io")
{
    protected override MqttTransport Kind => MqttTransport.Tcp;

    protected override Mqtt.Bind Bind(IActorRef handler) => new(handler, new IPEndPoint(IPAddress.Loopback, 0));

    protected override Mqtt.Connect Dial(EndPoint address) => new(address);
}

/// <summary>The same over a stream transport.</summary>
public sealed class PublicApiInMemoryConnectionSpec(ITestOutputHelper output) : BoundConnectionSpec(output, PublicApiFraming.Config)
{
    protected override MqttTransport Kind => MqttTransport.InMemory;

    protected override Mqtt.Bind Bind(IActorRef handler) => new(handler, new InMemoryEndPoint("server"));

    protected override Mqtt.Connect Dial(EndPoint address) => new(address);
}

/// <summary>The same over a stream transport, with events in random order.</summary>
public sealed class PublicApiFuzzedConnectionSpec(ITestOutputHelper output)
    : BoundConnectionSpec(output, PublicApiFraming.Config + "akka.stream.materializer.debug.fuzzing-mode = on")
{
    protected override MqttTransport Kind => MqttTransport.InMemory;

    protected override Mqtt.Bind Bind(IActorRef handler) => new(handler, new InMemoryEndPoint("server"));

    protected override Mqtt.Connect Dial(EndPoint address) => new(address);
}

[Collection(Alone.Name)]
public sealed class PublicApiConnectionFaultsSpec(ITestOutputHelper output)
    : ConnectionFaultsSpec(output, tcp: true, PublicApiFraming.Config + "akka.mqtt.connection.tcp-engine = socket");

public sealed class PublicApiMqttStreamSpec(ITestOutputHelper output)
    : MqttStreamSpec(output, new InMemoryEndPoint("stream"), PublicApiFraming.Config);
