using System.Net;
using System.Net.Sockets;

namespace Akka.Mqtt.Server;

/// <summary>An address on which a server accepts clients.</summary>
/// <param name="Name">The name of the listener in the settings.</param>
/// <param name="Transport">The transport.</param>
/// <param name="Address">The address, with the port that the operating system chose.</param>
public sealed record MqttServerEndpoint(string Name, MqttTransport Transport, EndPoint Address)
{
    /// <summary>The address in the form that clients use.</summary>
    /// <returns>For example <c>mqtt://127.0.0.1:1883</c>.</returns>
    public override string ToString() => Transport switch
    {
        MqttTransport.Tcp => $"mqtt://{Address}",
        MqttTransport.Tls => $"mqtts://{Address}",
        MqttTransport.UnixSocket when Address is UnixDomainSocketEndPoint => $"unix://{Address}",
        _ => $"{Address}",
    };
}
