using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using MQTTnet.Server;

namespace Akka.Mqtt.Soak.ClientFaults;

/// <summary>The server of the schedules: ours, mosquitto, MQTTnet's, or one that runs already.</summary>
internal sealed class FaultServer : IAsyncDisposable
{
    private Host? _own;
    private Process? _mosquitto;
    private MQTTnet.Server.MqttServer? _other;
    private string? _file;

    /// <summary>
    /// mosquitto 2.0.11 exceeds the Receive Maximum, and MQTTnet's server does too. That one also takes a repeated PUBLISH of QoS 2 as a new message. With a
    /// bound of messages in flight mosquitto 2.0.11 loses the first one beyond it when the client reconnects, so it runs without. When two connections in a row end
    /// before it could send PUBREL again, mosquitto 2.0.11 sends PUBLISH again, after the PUBREL and against [MQTT-4.3.3-1] of 3.1.1: about one schedule in a thousand
    /// shows that as a message of QoS 2 that arrives twice, and <c>--trace</c> shows the PUBREL before it.
    /// </summary>
    public ServerTraits Traits { get; private set; } = new(KeepsReceiveMaximum: true, IsExactlyOnce: true);

    public IPEndPoint Address { get; private set; } = new(IPAddress.Loopback, 0);

    /// <summary>Starts one.</summary>
    /// <param name="kind"><c>own</c>, <c>mosquitto</c>, <c>mqttnet</c>, or <c>address:port</c>.</param>
    public static async Task<FaultServer> StartAsync(string kind)
    {
        var server = new FaultServer();
        switch (kind)
        {
            case "own":
                server._own = await Host.StartAsync(null, "sys-interval = off");
                server.Address = server._own.Address;
                break;
            case "mosquitto":
                server.Traits = new ServerTraits(KeepsReceiveMaximum: false, IsExactlyOnce: true);
                await server.StartMosquittoAsync();
                break;
            case "mqttnet":
                server.Traits = new ServerTraits(KeepsReceiveMaximum: false, IsExactlyOnce: false);
                server.Address = FreePort();
                server._other = new MqttServerFactory().CreateMqttServer(new MqttServerOptionsBuilder()
                    .WithDefaultEndpoint().WithDefaultEndpointBoundIPAddress(IPAddress.Loopback).WithDefaultEndpointPort(server.Address.Port)
                    .WithPersistentSessions().WithMaxPendingMessagesPerClient(10_000).Build());
                await server._other.StartAsync();
                break;
            default:
                server.Address = IPEndPoint.Parse(kind);
                break;
        }
        return server;
    }

    public async ValueTask DisposeAsync()
    {
        if (_own is not null)
            await _own.DisposeAsync();
        if (_other is not null)
            await _other.StopAsync();
        if (_mosquitto is not null)
        {
            _mosquitto.Kill();
            _mosquitto.Dispose();
            File.Delete(_file!);
        }
    }

    private static IPEndPoint FreePort()
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        probe.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return (IPEndPoint)probe.LocalEndPoint!;
    }

    private async Task StartMosquittoAsync()
    {
        Address = FreePort();
        _file = Path.GetTempFileName();
        await File.WriteAllTextAsync(
            _file, $"listener {Address.Port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\nmax_inflight_messages 0\nlog_type error\npersistence false\n");
        var program = File.Exists("/usr/sbin/mosquitto") ? "/usr/sbin/mosquitto" : "mosquitto";
        _mosquitto = Process.Start(new ProcessStartInfo(program) { ArgumentList = { "-c", _file } })!;
        for (var tries = 0; ; tries++)
        {
            try
            {
                using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                await probe.ConnectAsync(Address);
                return;
            }
            catch (SocketException) when (tries < 100 && !_mosquitto.HasExited)
            {
                await Task.Delay(50);
            }
        }
    }
}
