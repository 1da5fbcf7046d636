using System.Security.Cryptography.X509Certificates;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server;

/// <summary>What is known of a client that asks to be let in. Nothing in it has been verified but the certificate's chain.</summary>
/// <param name="ClientId">The client identifier; one that the server assigned if the client had none.</param>
/// <param name="Listener">The name of the listener; empty for a connection that came to <see cref="MqttServer.Acceptor"/> by itself.</param>
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
