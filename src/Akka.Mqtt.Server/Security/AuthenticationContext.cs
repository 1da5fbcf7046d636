using System.Security.Cryptography.X509Certificates;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server;

/// <summary>What the server knows of a client that wants to connect. Only the chain of its certificate has been verified.</summary>
/// <param name="ClientId">The client identifier; one that the server assigned if the client had none.</param>
/// <param name="Listener">
/// The name of the listener; empty for a connection that was given to <see cref="MqttServer.Acceptor"/> directly.
/// </param>
/// <param name="Transport">The transport, with addresses and certificate.</param>
public sealed record AuthenticationContext(string ClientId, string Listener, TransportInfo Transport)
{
    /// <summary>The protocol version.</summary>
    public MqttVersion Version { get; init; } = MqttVersion.V5;

    /// <summary>The user name, or null for none.</summary>
    public string? UserName { get; init; }

    /// <summary>The password, or null for none.</summary>
    public MqttBinary? Password { get; init; }

    /// <summary>The user properties of CONNECT; 5.0 only.</summary>
    public MqttList<UserProperty> UserProperties { get; init; }

    /// <summary>The certificate that the client presented, or null for none.</summary>
    public X509Certificate2? PeerCertificate => Transport.PeerCertificate;

    /// <summary>Shows everything but the password.</summary>
    /// <returns>A line for a log.</returns>
    public override string ToString() =>
        $"AuthenticationContext(ClientId={LogText.Escape(ClientId)}, Listener={Listener}, {Transport}, {Version}, UserName={LogText.Escape(UserName)})";
}
