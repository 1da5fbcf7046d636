using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Soak;

/// <summary>A client of bare packets over a socket; one thread at a time.</summary>
internal sealed class Client : IDisposable
{
    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly Queue<MqttPacket> _received = new();
    private readonly byte[] _buffer = new byte[4096];
    private MqttFrameDecoder _decoder = new(new MqttDecoder(MqttRole.Client, MqttVersion.V5));
    private MqttVersion _version = MqttVersion.V5;

    /// <summary>Whether the server sent something that was not asked for, or closed.</summary>
    public bool IsDisturbed => _socket.Poll(0, SelectMode.SelectRead);

    public static async Task<Client> DialAsync(IPEndPoint address)
    {
        var client = new Client();
        await client._socket.ConnectAsync(address);
        return client;
    }

    public static async Task<Client> ConnectAsync(IPEndPoint address, Connect connect)
    {
        var client = await DialAsync(address);
        await client.HelloAsync(connect);
        var received = await client.NextAsync(TimeSpan.FromSeconds(10));
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

    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        await _socket.SendAsync(bytes, limit.Token);
    }

    /// <summary>The next packet; null when the server has closed.</summary>
    public async Task<MqttPacket?> NextAsync(TimeSpan timeout)
    {
        using var limit = new CancellationTokenSource(timeout);
        while (_received.Count == 0)
        {
            var count = await _socket.ReceiveAsync(_buffer, limit.Token);
            if (count == 0)
                return null;
            var packets = new List<MqttPacket>();
            if (_decoder.Decode(_buffer.AsSpan(0, count).ToArray(), packets) == OperationStatus.InvalidData)
                throw new IOException($"The server sent what is no packet: {_decoder.Decoder.Error}");
            packets.ForEach(_received.Enqueue);
        }
        return _received.Dequeue();
    }

    public void HalfClose() => _socket.Shutdown(SocketShutdown.Send);

    public void Reset()
    {
        _socket.LingerState = new LingerOption(true, 0);
        _socket.Dispose();
    }

    public void Dispose() => _socket.Dispose();
}
