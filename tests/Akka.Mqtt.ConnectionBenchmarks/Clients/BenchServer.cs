using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Configuration;
using Akka.Mqtt.Server;

namespace Akka.Mqtt.ConnectionBenchmarks.Clients;

/// <summary>A server in a process of its own.</summary>
internal sealed class BenchServer : IDisposable
{
    private readonly Process _process;

    private BenchServer(Process process, int port)
    {
        _process = process;
        Port = port;
    }

    public int Port { get; }

    /// <summary>Whether the server can be started: mosquitto may not be installed.</summary>
    public static bool Exists(string name) => name == "own" || Mosquitto is not null;

    private static string? Mosquitto => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Append("/usr/sbin")
        .Select(folder => Path.Combine(folder, "mosquitto")).FirstOrDefault(File.Exists);

    public static async Task<BenchServer> StartAsync(string name)
    {
        if (name == "own")
        {
            var own = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, "client-server") { RedirectStandardOutput = true, RedirectStandardInput = true })!;
            return new BenchServer(own, int.Parse((await own.StandardOutput.ReadLineAsync())!, CultureInfo.InvariantCulture));
        }
        using var free = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        free.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var port = ((IPEndPoint)free.LocalEndPoint!).Port;
        free.Close();
        var folder = Directory.CreateTempSubdirectory("client-bench");
        var file = Path.Combine(folder.FullName, "mosquitto.conf");
        await File.WriteAllTextAsync(file, $"listener {port} 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\nmax_inflight_messages 1000\nmax_queued_messages 100000\n");
        var other = Process.Start(new ProcessStartInfo(Mosquitto!, $"-c {file}") { RedirectStandardError = true })!;
        other.BeginErrorReadLine();
        for (var tries = 0; !await AcceptsAsync(port); tries++)
        {
            if (tries > 100)
                throw new InvalidOperationException("mosquitto did not start.");
            await Task.Delay(50);
        }
        folder.Delete(true);
        return new BenchServer(other, port);
    }

    /// <summary>The process of our own server: prints its port, and ends with the process that started it.</summary>
    public static async Task RunAsync()
    {
        var system = ActorSystem.Create("server", ConfigurationFactory.ParseString(
            "akka.loglevel = WARNING\nakka.mqtt.server { sys-interval = off, listeners.tcp.port = 0 }").WithFallback(MqttExt.ThroughputConfig()));
        var server = await MqttServer.StartAsync(system);
        Console.WriteLine(((IPEndPoint)server.Endpoints[0].Address!).Port);
        await Console.In.ReadLineAsync();
        await system.Terminate();
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
    }

    private static async Task<bool> AcceptsAsync(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
