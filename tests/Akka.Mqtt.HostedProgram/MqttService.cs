using System.Net;
using Akka.Actor;
using Akka.Configuration;
using Akka.Mqtt.Server;
using Microsoft.Extensions.Hosting;

namespace Akka.Mqtt.HostedProgram;

/// <summary>Starts a server, a raw listener, and a raw client of the server; writes "ready" and the ports of both when all of that works.</summary>
internal sealed class MqttService(Ending ending) : IHostedService
{
    private static readonly Config Configuration = ConfigurationFactory.ParseString("""
        akka {
          log-dead-letters = on
          log-dead-letters-during-shutdown = on
          mqtt.server { name = broker, listeners.tcp.port = 0 }
        }
        """);

    private ActorSystem? _system;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        _system = ActorSystem.Create("program", Configuration);
        var server = await MqttServer.StartAsync(_system, cancellationToken: cancellationToken);
        var rawPort = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        var isConnected = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _system.ActorOf(Props.Create(() => new RawListener(rawPort)), "raw");
        _system.ActorOf(Props.Create(() => new Bridge(server.Endpoints[0].Address, isConnected)), "bridge");
        var port = await rawPort.Task.WaitAsync(cancellationToken);
        await isConnected.Task.WaitAsync(cancellationToken);
        await Console.Out.WriteLineAsync($"ready {((IPEndPoint)server.Endpoints[0].Address).Port} {port}");
    }

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        if (ending.How == "terminate")
            await _system!.Terminate();
        else if (ending.How == "shutdown")
            await CoordinatedShutdown.Get(_system!).Run(CoordinatedShutdown.ClrExitReason.Instance);
    }
}
