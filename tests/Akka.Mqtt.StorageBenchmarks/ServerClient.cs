using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.StorageBenchmarks;

/// <summary>A connection to a server that is killed: it sends packets and gives those that come.</summary>
internal sealed class ServerClient : IDisposable
{
    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly MqttFrameDecoder _decoder = new(new MqttDecoder(MqttRole.Client, MqttVersion.V5));
    private readonly Queue<MqttPacket> _received = new();
    private readonly byte[] _buffer = new byte[64 * 1024];

    /// <summary>Connects a client whose session is kept for ever.</summary>
    /// <param name="address">The server.</param>
    /// <param name="clientId">The client identifier.</param>
    /// <param name="receiveMaximum">The Receive Maximum; null for none.</param>
    /// <returns>The connection, and whether the session was there; null when the server is gone.</returns>
    public static async Task<(ServerClient Client, bool SessionPresent)?> ConnectAsync(IPEndPoint address, string clientId, ushort? receiveMaximum = null)
    {
        var client = new ServerClient();
        try
        {
            await client._socket.ConnectAsync(address);
            await client.SendAsync(new Connect
            {
                ClientId = clientId,
                CleanStart = false,
                Properties = new ConnectProperties { SessionExpiryInterval = uint.MaxValue, ReceiveMaximum = receiveMaximum },
            });
        }
        catch (SocketException)
        {
            client.Dispose();
            return null;
        }
        switch (await client.NextAsync())
        {
            case ConnAck { ReasonCode: ReasonCode.Success } answer:
                return (client, answer.SessionPresent);
            case ConnAck { ReasonCode: ReasonCode.ServerUnavailable or ReasonCode.ServerBusy } or null:
                client.Dispose();
                return null;
            case var other:
                throw new InvalidOperationException($"{clientId}: {other} for CONNACK");
        }
    }

    public async Task SendAsync(params MqttPacket[] packets) =>
        await _socket.SendAsync(packets.SelectMany(packet => MqttEncoder.Encode(packet, MqttVersion.V5)).ToArray());

    /// <summary>The next packet; null when the connection has ended.</summary>
    public async Task<MqttPacket?> NextAsync()
    {
        while (_received.Count == 0)
        {
            int count;
            try
            {
                count = await _socket.ReceiveAsync(_buffer);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return null;
            }
            if (count == 0)
                return null;
            var packets = new List<MqttPacket>();
            if (_decoder.Decode(_buffer.AsSpan(0, count).ToArray(), packets) == OperationStatus.InvalidData)
                throw new InvalidOperationException("the server has sent what is no packet");
            packets.ForEach(_received.Enqueue);
        }
        return _received.Dequeue();
    }

    public void Dispose() => _socket.Dispose();
}
