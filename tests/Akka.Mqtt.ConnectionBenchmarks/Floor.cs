using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Akka.Actor;
using Akka.IO;

namespace Akka.Mqtt.ConnectionBenchmarks;

/// <summary>
/// Servers that do as little as a .NET program can do for a load, on a port: they relay bytes from a publisher to the one subscriber of its topic without looking at
/// them. What they cost is the least that a server of the same kind can cost. They are driven by any load generator that speaks MQTT 3.1.1, QoS 0 (QoS 1 for
/// <see cref="WindowOne"/>), from pairs.
/// </summary>
internal static class Floor
{
    /// <summary>Accepts, takes CONNECT, answers CONNACK, and waits: a socket, a task and a small buffer for each connection.</summary>
    public static async Task ConnectAsync(int port)
    {
        using var listener = Listen(port);
        while (true)
            _ = HoldAsync(await listener.AcceptAsync());
    }

    /// <summary>Relays through <see cref="SslStream"/>, with one buffer of 64 KiB for each connection.</summary>
    public static async Task TlsAsync(int port)
    {
        using var rsa = RSA.Create(2048);
        var request = new CertificateRequest("CN=localhost", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using var made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        var options = new SslServerAuthenticationOptions { ServerCertificateContext = SslStreamCertificateContext.Create(made, null, offline: true) };
        var routes = new Routes<Stream>();
        using var listener = Listen(port);
        while (true)
            _ = RelayTlsAsync(await listener.AcceptAsync(), options, routes);
    }

    /// <summary>
    /// One message under way, QoS 1: a thread for each publisher that receives a message, sends it to the subscriber, and acknowledges it. It asks no system call for
    /// what is ready, and never reads what the subscriber acknowledges.
    /// </summary>
    public static void WindowOne(int port)
    {
        var routes = new Routes<Socket>();
        using var listener = Listen(port);
        while (true)
        {
            var socket = listener.Accept();
            socket.NoDelay = true;
            new Thread(() => RelayBlocking(socket, routes)).Start();
        }
    }

    /// <summary>Relays through the TCP extension of Akka.IO: what a handler gets from one connection actor, it tells the other.</summary>
    public static async Task AkkaIoAsync(int port)
    {
        using var system = ActorSystem.Create("floor");
        system.ActorOf(Props.Create(() => new AkkaIoRelay(port)));
        Console.WriteLine("ready");
        await system.WhenTerminated;
    }

    private static Socket Listen(int port)
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, port));
        listener.Listen(1024);
        Console.WriteLine("ready");
        return listener;
    }

    private static async Task HoldAsync(Socket socket)
    {
        using var own = socket;
        socket.NoDelay = true;
        var buffer = new byte[256];
        try
        {
            await socket.ReceiveAsync(buffer);
            await socket.SendAsync(FloorPackets.ConnAck);
            while (await socket.ReceiveAsync(buffer) > 0)
            {
                if (FloorPackets.TypeOf(buffer) == FloorPackets.PingReq)
                    await socket.SendAsync(FloorPackets.PingResp);
            }
        }
        catch (SocketException)
        {
            // The peer is gone.
        }
    }

    private static async Task RelayTlsAsync(Socket socket, SslServerAuthenticationOptions options, Routes<Stream> routes)
    {
        socket.NoDelay = true;
        await using var stream = new SslStream(new NetworkStream(socket, true));
        try
        {
            await stream.AuthenticateAsServerAsync(options);
            var buffer = new byte[64 * 1024];
            if (await stream.ReadAsync(buffer) == 0)
                return;
            await stream.WriteAsync(FloorPackets.ConnAck);
            Stream? to = null;
            for (int count; (count = await stream.ReadAsync(buffer)) > 0;)
            {
                if (to is null && FloorPackets.TypeOf(buffer) == FloorPackets.Subscribe)
                {
                    routes.Add(FloorPackets.TopicOf(buffer), stream);
                    await stream.WriteAsync(FloorPackets.SubAck(buffer));
                }
                else if (to is not null || FloorPackets.TypeOf(buffer) == FloorPackets.Publish)
                {
                    to ??= routes[FloorPackets.TopicOf(buffer)];
                    await to.WriteAsync(buffer.AsMemory(0, count));
                }
            }
        }
        catch (IOException)
        {
            // The peer is gone.
        }
    }

    private static void RelayBlocking(Socket socket, Routes<Socket> routes)
    {
        using var own = socket;
        var buffer = new byte[4096];
        var ack = new byte[4];
        try
        {
            socket.Receive(buffer);
            socket.Send(FloorPackets.ConnAck);
            Socket? to = null;
            for (int count; (count = socket.Receive(buffer)) > 0;)
            {
                if (FloorPackets.TypeOf(buffer) == FloorPackets.Subscribe)
                {
                    routes.Add(FloorPackets.TopicOf(buffer), socket);
                    socket.Send(FloorPackets.SubAck(buffer));
                    Thread.Sleep(Timeout.Infinite); // what the subscriber acknowledges stays in the socket
                }
                to ??= routes[FloorPackets.TopicOf(buffer)];
                to.Send(buffer.AsSpan(0, count));
                FloorPackets.PubAck(buffer, ack);
                socket.Send(ack);
            }
        }
        catch (SocketException)
        {
            // The peer is gone.
        }
    }

    private sealed class AkkaIoRelay : ReceiveActor
    {
        private readonly Routes<IActorRef> _routes = new();

        public AkkaIoRelay(int port)
        {
            Receive<Tcp.Bound>(_ => { });
            Receive<Tcp.Connected>(_ =>
            {
                var connection = Sender;
                connection.Tell(new Tcp.Register(Context.ActorOf(Props.Create(() => new AkkaIoHandler(connection, _routes)))));
            });
            Context.System.Tcp().Tell(new Tcp.Bind(Self, new IPEndPoint(IPAddress.Loopback, port)));
        }
    }

    private sealed class AkkaIoHandler : ReceiveActor
    {
        private bool _greeted;
        private bool _subscribes;
        private IActorRef? _to;

        public AkkaIoHandler(IActorRef connection, Routes<IActorRef> routes)
        {
            Receive<Tcp.Received>(received =>
            {
                if (_to is not null)
                {
                    _to.Tell(Tcp.Write.Create(received.Data));
                    return;
                }
                if (_subscribes)
                    return;
                var bytes = received.Data.ToArray();
                if (!_greeted)
                {
                    _greeted = true;
                    connection.Tell(Tcp.Write.Create(ByteString.FromBytes(FloorPackets.ConnAck)));
                }
                else if (FloorPackets.TypeOf(bytes) == FloorPackets.Subscribe)
                {
                    _subscribes = true;
                    routes.Add(FloorPackets.TopicOf(bytes), connection);
                    connection.Tell(Tcp.Write.Create(ByteString.FromBytes(FloorPackets.SubAck(bytes))));
                }
                else if (FloorPackets.TypeOf(bytes) == FloorPackets.Publish)
                {
                    _to = routes[FloorPackets.TopicOf(bytes)];
                    _to.Tell(Tcp.Write.Create(received.Data));
                }
            });
            Receive<Tcp.ConnectionClosed>(_ => Context.Stop(Self));
        }
    }
}
