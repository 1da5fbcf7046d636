using Akka.Mqtt.Server;

namespace Akka.Mqtt.Cluster.Devices;

/// <summary>An estimate of the bytes of events and list entries in a message, rather too large than too small.</summary>
internal static class DeviceSizes
{
    private const int Fixed = 256; // addresses, numbers

    public static int Of(MqttDevices.Event @event) => @event switch
    {
        MqttDevices.Online online => Of(online.ClientId, online.Connection),
        MqttDevices.Offline offline => Fixed + (3 * (offline.ClientId.Length + offline.Message.Length)),
        MqttDevices.TakenOver taken => Fixed + (3 * taken.ClientId.Length),
        _ => Fixed,
    };

    public static int Of(string clientId, ClientConnection? connection) =>
        Fixed + (3 * (clientId.Length + (connection?.UserName?.Length ?? 0))) + (connection?.Transport.PeerCertificate?.RawData.Length ?? 0);
}
