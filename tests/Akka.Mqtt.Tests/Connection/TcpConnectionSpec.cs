using System.Net;
using Akka.Actor;
using Xunit.Abstractions;

namespace Akka.Mqtt.Tests.Connection;

/// <summary>The suite with connection actors that read and write their sockets, which is also what Akka.IO is replaced with where it cannot be had.</summary>
public sealed class SocketConnectionSpec(ITestOutputHelper output) : BoundConnectionSpec(output, "akka.mqtt.connection.tcp-engine = socket")
{
    protected override MqttTransport Kind => MqttTransport.Tcp;

    protected override Mqtt.Bind Bind(IActorRef handler) => new(handler, new IPEndPoint(IPAddress.Loopback, 0));

    protected override Mqtt.Connect Dial(EndPoint address) => new(address);
}

/// <summary>The suite with sockets that wait by .NET's completions, as all do that were dialled, and on systems without epoll.</summary>
public sealed class CompletionConnectionSpec(ITestOutputHelper output)
    : BoundConnectionSpec(output, "akka.mqtt.connection.tcp-engine = socket-completions")
{
    protected override MqttTransport Kind => MqttTransport.Tcp;

    protected override Mqtt.Bind Bind(IActorRef handler) => new(handler, new IPEndPoint(IPAddress.Loopback, 0));

    protected override Mqtt.Connect Dial(EndPoint address) => new(address);
}

/// <summary>The suite with Akka.IO's connection actors below ours, as by default.</summary>
public sealed class AkkaIoConnectionSpec(ITestOutputHelper output) : BoundConnectionSpec(output)
{
    protected override MqttTransport Kind => MqttTransport.Tcp;

    protected override Mqtt.Bind Bind(IActorRef handler) => new(handler, new IPEndPoint(IPAddress.Loopback, 0));

    protected override Mqtt.Connect Dial(EndPoint address) => new(address);
}
