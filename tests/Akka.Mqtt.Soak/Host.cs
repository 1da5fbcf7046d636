using System.Net;
using Akka.Actor;
using Akka.Configuration;
using Akka.Mqtt.Server;

namespace Akka.Mqtt.Soak;

/// <summary>A server in this process, or the address of another one.</summary>
internal sealed class Host : IAsyncDisposable
{
    private ActorSystem? _system;
    private MqttServer? _server;

    public IPEndPoint Address { get; private set; } = null!;

    public static async Task<Host> StartAsync(int? port, string config = "", string logLevel = "ERROR")
    {
        var host = new Host();
        if (port is { } given)
        {
            host.Address = new IPEndPoint(IPAddress.Loopback, given);
            return host;
        }
        host._system = ActorSystem.Create("soak", ConfigurationFactory.ParseString(
            $"akka.loglevel = {logLevel}\nakka.mqtt.server {{ listeners.tcp.port = 0 \n {config} }}"));
        host._server = await MqttServer.StartAsync(host._system);
        host.Address = (IPEndPoint)host._server.Endpoints[0].Address;
        return host;
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
            await _server.StopAsync();
        if (_system is not null)
            await _system.Terminate();
    }
}
