using System.Net;
using System.Net.Sockets;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Soak.ClientCrash;

/// <summary>Stands between the client that is killed and the server, and reads what passes.</summary>
internal sealed class PacketTap : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly IPEndPoint _server;
    private readonly MqttVersion _version;
    private readonly object _lock = new();
    private readonly Dictionary<ushort, string> _exchanges = [];
    private readonly HashSet<string> _published = [];
    private readonly HashSet<string> _received = [];
    private readonly List<string> _faults = [];
    private Task _connection = Task.CompletedTask;

    public PacketTap(IPEndPoint server, MqttVersion version)
    {
        _server = server;
        _version = version;
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        _ = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndPoint!).Port;

    /// <summary>Messages that were sent again with DUP.</summary>
    public int Repeats { get; private set; }

    /// <summary>Waits until what the process has sent is at the server.</summary>
    /// <returns>The QoS 2 messages for the client whose PUBREC the server has got, and what was wrong.</returns>
    public async Task<(HashSet<string> Received, List<string> Faults)> SettleAsync()
    {
        await _connection;
        lock (_lock)
            return ([.. _received], [.. _faults]);
    }

    public void Dispose() => _listener.Dispose();

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _connection = RunAsync(await _listener.AcceptAsync());
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // disposed
        }
    }

    private async Task RunAsync(Socket client)
    {
        using var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        client.NoDelay = true;
        await server.ConnectAsync(_server);
        var answers = PassAsync(server, client, MqttRole.Client, FromServer);
        await PassAsync(client, server, MqttRole.Server, FromClient);
        server.Shutdown(SocketShutdown.Both);
        await answers;
        client.Dispose();
    }

    private async Task PassAsync(Socket from, Socket to, MqttRole receiver, Action<MqttPacket> look)
    {
        var decoder = new MqttFrameDecoder(new MqttDecoder(receiver, _version));
        var packets = new List<MqttPacket>();
        try
        {
            while (true)
            {
                var buffer = new byte[16384];
                var count = await from.ReceiveAsync(buffer);
                if (count == 0)
                    return;
                decoder.Decode(buffer.AsMemory(0, count), packets);
                lock (_lock)
                    packets.ForEach(look);
                packets.Clear();
                await to.SendAsync(buffer.AsMemory(0, count));
            }
        }
        catch (SocketException)
        {
            // killed
        }
    }

    private void FromServer(MqttPacket packet)
    {
        if (packet is Publish { QoS: QualityOfService.ExactlyOnce } message)
            _exchanges[message.PacketId] = message.Payload.ToText();
    }

    private void FromClient(MqttPacket packet)
    {
        if (packet is PubRec rec && _exchanges.TryGetValue(rec.PacketId, out var text))
            _received.Add(text);
        if (packet is not Publish message)
            return;
        if (message.Dup)
            Repeats++;
        if (!_published.Add(message.Payload.ToText()) && !message.Dup && message.Topic != "crash/end")
            _faults.Add($"{message} was sent again without DUP.");
    }
}
