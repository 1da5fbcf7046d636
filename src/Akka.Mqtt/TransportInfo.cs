using System.Net;
using System.Security.Cryptography.X509Certificates;
using Akka.Mqtt.Connection;

namespace Akka.Mqtt;

/// <summary>What a connection knows of its transport.</summary>
/// <param name="Kind">The kind of transport.</param>
public sealed record TransportInfo(MqttTransport Kind)
{
    /// <summary>Our address; null for none.</summary>
    public EndPoint? LocalAddress { get; init; }

    /// <summary>The peer's address; null for none.</summary>
    public EndPoint? RemoteAddress { get; init; }

    /// <summary>The certificate that the peer presented, when the transport is TLS.</summary>
    public X509Certificate2? PeerCertificate { get; init; }

    /// <summary>
    /// Bytes that the connection has received so far, without TLS and its handshake. Any thread may read it. 0 in a copy from another
    /// node.
    /// </summary>
    public long BytesReceived => Bytes.Received;

    /// <summary>
    /// Bytes that the connection has sent so far, without TLS and its handshake. Any thread may read it. 0 in a copy from another node.
    /// </summary>
    public long BytesSent => Bytes.Sent;

    /// <summary>The counters behind <see cref="BytesReceived"/> and <see cref="BytesSent"/>; the connection updates them.</summary>
    internal ByteCounts Bytes { get; init; } = ByteCounts.None;

    /// <inheritdoc/>
    public override string ToString() => RemoteAddress is null ? $"{Kind}" : $"{Kind} {RemoteAddress}";
}
