using System.Net;
using System.Net.Sockets;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server.Tests;

/// <summary>A client that does nothing by itself: it sends the packets it is told to and shows those that come.</summary>
public sealed class PacketClient : IDisposable
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);

    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly MqttFrameDecoder _decoder;
    private readonly Queue<MqttPacket> _received = new();
    private readonly MqttVersion _version;

    private PacketClient(MqttVersion version)
    {
        _version = version;
        _decoder = new MqttFrameDecoder(new MqttDecoder(MqttRole.Client, version));
    }

    public static async Task<PacketClient> DialAsync(IPEndPoint address, MqttVersion version, IPAddress? from = null)
    {
        var client = new PacketClient(version);
        if (from is not null)
            client._socket.Bind(new IPEndPoint(client._socket.AddressFamily == AddressFamily.InterNetworkV6 ? from.MapToIPv6() : from, 0));
        if (address.Address.Equals(IPAddress.Any))
            address = new IPEndPoint(IPAddress.Loopback, address.Port);
        await client._socket.ConnectAsync(address);
        return client;
    }

    /// <summary>Sends packets in one write.</summary>
    public async Task SendAsync(params MqttPacket[] packets) =>
        await _socket.SendAsync(packets.SelectMany(packet => MqttEncoder.Encode(packet, _version)).ToArray());

    /// <summary>Sends bytes as they are.</summary>
    public async Task SendBytesAsync(byte[] bytes) => await _socket.SendAsync(bytes);

    /// <summary>The next packet, which must be of this type.</summary>
    public async Task<T> ExpectAsync<T>()
        where T : MqttPacket => Assert.IsType<T>(await NextAsync());

    /// <summary>The next packet must equal this one, to the last property.</summary>
    public async Task ExpectAsync(MqttPacket packet) => Assert.Equal(packet, await NextAsync());

    /// <summary>Nothing more than a PINGRESP comes: what the server had to say before a PINGREQ it has said.</summary>
    public async Task ExpectNothingAsync()
    {
        await SendAsync(new PingReq());
        await ExpectAsync<PingResp>();
    }

    /// <summary>The server must close, without another packet.</summary>
    public async Task ExpectClosedAsync() => Assert.Null(await NextAsync());

    /// <summary>The next packet; null when the server has closed.</summary>
    public async Task<MqttPacket?> NextAsync()
    {
        var buffer = new byte[64 * 1024];
        using var deadline = new CancellationTokenSource(Soon);
        while (_received.Count == 0)
        {
            int count;
            try
            {
                count = await _socket.ReceiveAsync(buffer, deadline.Token);
            }
            catch (SocketException)
            {
                return null;
            }
            if (count == 0)
                return null;
            var packets = new List<MqttPacket>();
            var status = _decoder.Decode(buffer.AsSpan(0, count).ToArray(), packets);
            Assert.NotEqual(System.Buffers.OperationStatus.InvalidData, status);
            packets.ForEach(_received.Enqueue);
        }
        return _received.Dequeue();
    }

    /// <summary>Sends no more, but reads on.</summary>
    public void EndSending() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>Resets the connection, as a crash would.</summary>
    public void Kill()
    {
        _socket.LingerState = new LingerOption(true, 0);
        _socket.Dispose();
    }

    public void Dispose() => _socket.Dispose();
}
