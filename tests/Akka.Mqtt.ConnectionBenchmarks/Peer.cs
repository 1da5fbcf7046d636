using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.ConnectionBenchmarks;

/// <summary>The other process: plain sockets, bytes encoded ahead, nothing in the way of the side that is measured.</summary>
internal static class Peer
{
    private static readonly byte[] Hello = MqttEncoder.Encode(new Connect { ClientId = "bench", Version = MqttVersion.V311, KeepAlive = 0 }, MqttVersion.V311);

    /// <summary>Starts this program again as a peer, on the second core.</summary>
    public static Process Start(string command)
    {
        var process = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, command)
        {
            RedirectStandardOutput = true,
            RedirectStandardInput = true,
        })!;
        Pin(process, 1);
        return process;
    }

    /// <summary>Pins a process to one core, where the system can.</summary>
    public static void Pin(Process process, int core)
    {
        if ((OperatingSystem.IsLinux() || OperatingSystem.IsWindows()) && Environment.ProcessorCount > 1)
            process.ProcessorAffinity = 1 << core;
    }

    public static void Blast(int port, double seconds)
    {
        using var socket = Connect(port);
        socket.Send(Hello);
        var one = MqttEncoder.Encode(new Publish("load/0/v", new byte[64]), MqttVersion.V311);
        var chunk = new byte[one.Length * (128 * 1024 / one.Length)];
        for (var at = 0; at < chunk.Length; at += one.Length)
            one.CopyTo(chunk, at);
        var until = Stopwatch.GetTimestamp() + (long)((seconds + 2) * Stopwatch.Frequency);
        while (Stopwatch.GetTimestamp() < until)
            socket.Send(chunk);
    }

    public static void Hold(int port, int connections)
    {
        var sockets = new List<Socket>(connections);
        for (var i = 0; i < connections; i += 100)
        {
            var first = sockets.Count;
            for (var k = 0; k < 100; k++)
            {
                sockets.Add(Connect(port));
                sockets[^1].Send(Hello);
            }

            for (var k = first; k < sockets.Count; k++)
                ReadAnswer(sockets[k]);
        }

        Console.WriteLine("held");
        Console.In.ReadLine();
        foreach (var socket in sockets)
            socket.Dispose();
    }

    public static void Cycle(int port, int connections)
    {
        for (var i = 0; i < connections; i++)
        {
            using var socket = Connect(port);
            socket.Send(Hello);
            ReadAnswer(socket);
            if (i % 10 == 9)
                socket.LingerState = new LingerOption(true, 0); // one in ten resets
        }

        Console.WriteLine("cycled");
        Console.In.ReadLine();
    }

    private static Socket Connect(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Connect(IPAddress.Loopback, port);
        return socket;
    }

    private static void ReadAnswer(Socket socket)
    {
        Span<byte> answer = stackalloc byte[4];
        for (var got = 0; got < 4;)
        {
            var count = socket.Receive(answer[got..]);
            if (count == 0)
                throw new InvalidOperationException("The server closed.");
            got += count;
        }
    }
}
