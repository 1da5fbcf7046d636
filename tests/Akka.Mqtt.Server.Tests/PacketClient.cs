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

    public static async Task<PacketClient> DialAsync(IPEndPoint address, MqttVersion version)
    {
        var client = new PacketClient(version);
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

    /// <summary>
    /// The next packet must equal this one. The reason string of a refusal is for people to read: a packet that is expected without properties
    /// may come with one, but with nothing else.
    /// </summary>
    public async Task ExpectAsync(MqttPacket packet)
    {
        var received = await NextAsync();
        Assert.Equal(packet, packet == received ? received : WithoutReasonString(received));
    }

    /// <summary>A packet as it is without a reason string that is all its properties.</summary>
    public static MqttPacket? WithoutReasonString(MqttPacket? packet) => packet switch
    {
        PubAck { Properties: { } only } ack when IsReasonOnly(only) => ack with { Properties = null },
        PubRec { Properties: { } only } ack when IsReasonOnly(only) => ack with { Properties = null },
        SubAck { Properties: { } only } ack when IsReasonOnly(only) => ack with { Properties = null },
        UnsubAck { Properties: { } only } ack when IsReasonOnly(only) => ack with { Properties = null },
        Disconnect { Properties: { ReasonString: not null } only } end when only == new DisconnectProperties { ReasonString = only.ReasonString } =>
            end with { Properties = null },
        ConnAck { Properties: { ReasonString: not null } only } answer when only == new ConnAckProperties { ReasonString = only.ReasonString } =>
            answer with { Properties = null },
        _ => packet,
    };

    private static bool IsReasonOnly(AckProperties properties) =>
        properties.ReasonString is not null && properties == new AckProperties { ReasonString = properties.ReasonString };

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

    /// <summary>Resets the connection, as a crash would.</summary>
    public void Kill()
    {
        _socket.LingerState = new LingerOption(true, 0);
        _socket.Dispose();
    }

    public void Dispose() => _socket.Dispose();
}
