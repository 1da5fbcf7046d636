using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Soak;

/// <summary>A client of bare packets over a socket; one thread at a time.</summary>
internal sealed class Client : IDisposable
{
    private readonly Socket _socket;
    private readonly Queue<MqttPacket> _received = new();
    private readonly byte[] _buffer = new byte[4096];
    private MqttFrameDecoder _decoder = new(new MqttDecoder(MqttRole.Client, MqttVersion.V5));
    private MqttVersion _version = MqttVersion.V5;

    /// <summary>Whether the server sent something that was not asked for, or closed.</summary>
    public bool IsDisturbed => _socket.Poll(0, SelectMode.SelectRead);

    private Client(Socket socket) => _socket = socket;

    /// <summary>Opens a connection without a packet.</summary>
    /// <param name="address">The server.</param>
    /// <param name="from">The address of this machine that it comes from; null leaves that to the system.</param>
    /// <param name="receiveBuffer">Bytes that the system takes for a client that does not read; null leaves that to the system.</param>
    /// <param name="timeout">How long it may take; null is as long as the system tries.</param>
    public static async Task<Client> DialAsync(IPEndPoint address, IPAddress? from = null, int? receiveBuffer = null, TimeSpan? timeout = null)
    {
        var client = new Client(new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true });
        try
        {
            if (receiveBuffer is { } size)
                client._socket.ReceiveBufferSize = size;
            if (from is not null)
                client._socket.Bind(new IPEndPoint(from, 0));
            using var limit = new CancellationTokenSource(timeout ?? Timeout.InfiniteTimeSpan);
            await client._socket.ConnectAsync(address, limit.Token);
            return client;
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    public static async Task<Client> ConnectAsync(IPEndPoint address, Connect connect, TimeSpan? timeout = null)
    {
        var client = await DialAsync(address);
        await client.HelloAsync(connect);
        var received = await client.NextAsync(timeout ?? TimeSpan.FromSeconds(10));
        if (received is not ConnAck { ReasonCode: ReasonCode.Success })
            throw new IOException($"CONNECT was not accepted: {received?.ToString() ?? "closed"}.");
        return client;
    }

    public Task HelloAsync(Connect connect)
    {
        _version = connect.Version;
        _decoder = new MqttFrameDecoder(new MqttDecoder(MqttRole.Client, _version));
        return SendAsync(connect);
    }

    public Task SendAsync(MqttPacket packet) => SendAsync(MqttEncoder.Encode(packet, _version));

    public async Task SendAsync(ReadOnlyMemory<byte> bytes, TimeSpan? timeout = null)
    {
        using var limit = new CancellationTokenSource(timeout ?? TimeSpan.FromSeconds(2));
        await _socket.SendAsync(bytes, limit.Token);
    }

    /// <summary>The next packet; null when the server has closed.</summary>
    public async Task<MqttPacket?> NextAsync(TimeSpan timeout)
    {
        using var limit = new CancellationTokenSource(timeout);
        return await NextAsync(limit.Token);
    }

    /// <summary>The next packet; null when the server has closed.</summary>
    public async Task<MqttPacket?> NextAsync(CancellationToken end)
    {
        while (_received.Count == 0)
        {
            var count = await _socket.ReceiveAsync(_buffer, end);
            if (count == 0)
                return null;
            var packets = new List<MqttPacket>();
            if (_decoder.Decode(_buffer.AsSpan(0, count).ToArray(), packets) == OperationStatus.InvalidData)
                throw new IOException($"The server sent what is no packet: {_decoder.Decoder.Error}");
            packets.ForEach(_received.Enqueue);
        }
        return _received.Dequeue();
    }

    /// <summary>Reads and forgets what comes, until the server closes or the token says so.</summary>
    public async Task DrainAsync(CancellationToken end)
    {
        try
        {
            var buffer = new byte[65_536];
            while (await _socket.ReceiveAsync(buffer, end) > 0)
            {
            }
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // that is the end
        }
    }

    public void HalfClose() => _socket.Shutdown(SocketShutdown.Send);

    public void Reset()
    {
        _socket.LingerState = new LingerOption(true, 0);
        _socket.Dispose();
    }

    public void Dispose() => _socket.Dispose();
}
