#region doc:tls
using System.Net;
using Akka.Actor;
using Akka.Mqtt;

namespace Recipes;

/// <summary>A listener and a client that prove by certificates who they are.</summary>
public static class SecureLinks
{
    /// <summary>Listens with a certificate. Renewed files are used from the next handshake on, without a restart.</summary>
    public static Mqtt.Bind Listen(IActorRef handler, EndPoint address, string folder) => new(handler, address)
    {
        Tls = TlsServerSettings.FromWatchedPemFiles(Path.Combine(folder, "server.pem"), Path.Combine(folder, "server.key")),
    };

    /// <summary>The same, and each client needs a certificate by the authority in <c>ca.pem</c>.</summary>
    public static Mqtt.Bind ListenMutually(IActorRef handler, EndPoint address, string folder) => new(handler, address)
    {
        Tls = TlsServerSettings.FromWatchedPemFiles(
            Path.Combine(folder, "server.pem"), Path.Combine(folder, "server.key"), clientAuthorityFile: Path.Combine(folder, "ca.pem")),
    };

    /// <summary>Dials a server whose certificate is by a public authority.</summary>
    public static Mqtt.Connect Dial(string host) => new(new Uri($"mqtts://{host}")); // port 8883

    /// <summary>Dials a server whose certificate is by the authority in <c>ca.pem</c>, with a certificate of our own.</summary>
    public static Mqtt.Connect DialMutually(string host, int port, string folder) => new(host, port)
    {
        Tls = TlsClientSettings.FromPemFiles(
            authorityFile: Path.Combine(folder, "ca.pem"),
            certificateFile: Path.Combine(folder, "client.pem"),
            keyFile: Path.Combine(folder, "client.key")),
    };
}
#endregion
