using System.IO.Pipelines;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.TestKit;
using Akka.TestKit;
using Xunit.Abstractions;

namespace Akka.Mqtt.Tests.Connection;

public sealed class AttachedStreamConnectionSpec(ITestOutputHelper output) : ConnectionBehaviourSpec(output)
{
    protected override MqttTransport Kind => MqttTransport.Stream;

    protected override Task OpenAsync(TestProbe commander, TestProbe acceptor)
    {
        var link = new InMemoryLink();
        commander.Send(Sys.Mqtt(), new Mqtt.Attach(link.A, MqttRole.Client));
        acceptor.Send(Sys.Mqtt(), new Mqtt.Attach(link.B, MqttRole.Server));
        return Task.CompletedTask;
    }
}

public sealed class AttachedPipeConnectionSpec(ITestOutputHelper output) : ConnectionBehaviourSpec(output)
{
    protected override MqttTransport Kind => MqttTransport.Stream;

    protected override Task OpenAsync(TestProbe commander, TestProbe acceptor)
    {
        var (up, down) = (new Pipe(), new Pipe());
        commander.Send(Sys.Mqtt(), new Mqtt.Attach(new Duplex(down.Reader, up.Writer), MqttRole.Client));
        acceptor.Send(Sys.Mqtt(), new Mqtt.Attach(new Duplex(up.Reader, down.Writer), MqttRole.Server));
        return Task.CompletedTask;
    }

    private sealed record Duplex(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
