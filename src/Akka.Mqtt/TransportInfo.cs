using System.Net;
using System.Security.Cryptography.X509Certificates;
using Akka.Mqtt.Connection;

namespace Akka.Mqtt;

/// <summary>What is known of the transport of a connection.</summary>
/// <param name="Kind">The kind of transport.</param>
public sealed record TransportInfo(MqttTransport Kind)
{
    /// <summary>Our address, where there is one.</summary>
    public EndPoint? LocalAddress { get; init; }

    /// <summary>The peer's address, where there is one.</summary>
    public EndPoint? RemoteAddress { get; init; }

    /// <summary>The certificate that the peer presented, when the transport is TLS.</summary>
    public X509Certificate2? PeerCertificate { get; init; }

    /// <summary>
    /// Bytes that the connection has received until now, without TLS and its handshake. Any thread may read it. In a copy that came from another node: 0.
    /// </summary>
    public long BytesReceived => Bytes.Received;

    /// <summary>Bytes that the connection has sent until now, without TLS and its handshake. Any thread may read it. From another node: 0.</summary>
    public long BytesSent => Bytes.Sent;

    /// <summary>Counts what <see cref="BytesReceived"/> and <see cref="BytesSent"/> say; the connection writes it.</summary>
    internal ByteCounts Bytes { get; init; } = ByteCounts.None;

    /// <inheritdoc/>
    public override string ToString() => RemoteAddress is null ? $"{Kind}" : $"{Kind} {RemoteAddress}";
}
