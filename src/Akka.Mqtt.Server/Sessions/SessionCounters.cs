using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Clients;
using Akka.Mqtt.Server.Shared;
using Akka.Mqtt.Server.Telemetry;

namespace Akka.Mqtt.Server.Sessions;

/// <summary>
/// Counts the traffic on the connections of one session and records its last packets. It adds its counts to those of the server once a
/// chunk. Owned by the session.
/// </summary>
internal sealed class SessionCounters(ServerContext context)
{
    private readonly PacketHistory _received = new(context.Settings.LastPackets, received: true);
    private readonly PacketHistory _sent = new(context.Settings.LastPackets, received: false);
    private TransportInfo? _transport;
    private TrafficCounts _counts; // of this chunk or batch
    private long _bytesReceived;
    private long _bytesSent;

    /// <summary>Messages of the client on this connection.</summary>
    public long MessagesReceived { get; private set; }

    /// <summary>Messages to the client on this connection.</summary>
    public long MessagesSent { get; private set; }

    /// <summary>The last packets in both directions, oldest first.</summary>
    public IEnumerable<PacketNote> LastPackets => _sent.Notes().Concat(_received.Notes()).OrderBy(note => note.At);

    public void Begin(TransportInfo transport)
    {
        _transport = transport;
        (_bytesReceived, _bytesSent, MessagesReceived, MessagesSent) = (0, 0, 0, 0);
    }

    public void MessageReceived(Publish packet)
    {
        _counts.MessagesReceived++;
        _counts.PayloadReceived += packet.Payload.Length;
    }

    public void MessageSent(Publish packet)
    {
        _counts.MessagesSent++;
        _counts.PayloadSent += packet.Payload.Length;
    }

    public void MessagesPassedOn(int count, long payloadBytes)
    {
        _counts.MessagesSent += count;
        _counts.PayloadSent += payloadBytes;
    }

    /// <summary>Counts a chunk that has been handled.</summary>
    public void ChunkReceived(ReadOnlySpan<MqttPacket> packets)
    {
        _received.Add(packets, context.Clock);
        _counts.PacketsReceived += packets.Length;
        Add();
    }

    /// <summary>Counts a batch that is sent to the connection.</summary>
    public void BatchSent(ReadOnlySpan<MqttPacket> packets)
    {
        _sent.Add(packets, context.Clock);
        _counts.PacketsSent += packets.Length;
        Add();
    }

    /// <summary>Ends the counts of the connection.</summary>
    public void EndConnection()
    {
        Add();
        _transport = null;
    }

    private void Add()
    {
        if (_transport is { } transport)
        {
            var (received, sent) = (transport.BytesReceived, transport.BytesSent);
            _counts.BytesReceived = received - _bytesReceived;
            _counts.BytesSent = sent - _bytesSent;
            (_bytesReceived, _bytesSent) = (received, sent);
        }
        MessagesReceived += _counts.MessagesReceived;
        MessagesSent += _counts.MessagesSent;
        context.Stats.Traffic.Add(_counts);
        _counts = default;
    }
}
