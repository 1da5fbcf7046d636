using System.Net;
using Akka.Actor;
using Akka.Mqtt.Cli.Commands;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server;

namespace Akka.Mqtt.Cli.Tests;

/// <summary>A server in this process for <c>akka-mqtt bench</c>: ours, or one that misbehaves.</summary>
internal sealed class BenchServer : IAsyncDisposable
{
    private readonly ActorSystem _system;

    private BenchServer(ActorSystem system, Uri url) => (_system, Url) = (system, url);

    public Uri Url { get; }

    /// <summary>Our own.</summary>
    /// <param name="sets">Settings, as <c>serve --set</c> takes them.</param>
    public static async Task<BenchServer> StartAsync(params string[] sets)
    {
        var config = ServeConfiguration.Create(new ServeOptions { Port = 0, Sets = sets });
        var system = TestSystem.Create("server", config);
        var server = await MqttServer.StartAsync(system, MqttServerSettings.Create(config));
        return new BenchServer(system, new Uri(server.Endpoints[0].ToString()));
    }

    /// <summary>One that answers each packet as told; null closes the connection.</summary>
    public static async Task<BenchServer> StartAsync(Func<MqttPacket, object?> answer)
    {
        var system = TestSystem.Create("server", ServeConfiguration.Base);
        var port = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        system.ActorOf(Props.Create(() => new Answerer(answer, port)).WithDeploy(Deploy.Local));
        return new BenchServer(system, new Uri($"mqtt://127.0.0.1:{await port.Task}"));
    }

    /// <summary>What a server does that forwards nothing.</summary>
    public static object? Swallow(MqttPacket packet) => packet switch
    {
        Connect => new ConnAck(),
        Subscribe subscribe => new SubAck(subscribe.PacketId, (ReasonCode)subscribe.Subscriptions[0].QoS),
        Disconnect => null,
        _ => "nothing",
    };

    public async ValueTask DisposeAsync() => await _system.Terminate();

    private sealed class Answerer : ReceiveActor
    {
        public Answerer(Func<MqttPacket, object?> answer, TaskCompletionSource<int> port)
        {
            Context.System.Mqtt().Tell(new Mqtt.Bind(Self, new IPEndPoint(IPAddress.Loopback, 0)));
            Receive<Mqtt.Bound>(bound => port.SetResult(((IPEndPoint)bound.LocalAddress).Port));
            Receive<Mqtt.Connected>(_ => Sender.Tell(new Mqtt.Register(Self)));
            Receive<MqttPacket>(packet =>
            {
                if (answer(packet) is { } reply)
                    Sender.Tell(reply as MqttPacket ?? (object)Mqtt.ResumeReading.Instance);
                else
                    Sender.Tell(Mqtt.Close.Instance);
            });
            ReceiveAny(_ => { });
        }
    }
}
