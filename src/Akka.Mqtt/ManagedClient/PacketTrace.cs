using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.ManagedClient;

/// <summary>Shows packets to the code of the user that traces them: see <see cref="MqttClientSettings.OnSending"/>.</summary>
internal static class PacketTrace
{
    /// <summary>Shows a packet.</summary>
    /// <param name="trace">The code; null for none.</param>
    /// <param name="packet">The packet.</param>
    public static void Show(Action<MqttPacket>? trace, MqttPacket packet)
    {
        if (trace is null)
            return;
        try
        {
            trace(packet);
        }
        catch (Exception)
        {
            // A trace that fails must not end the client.
        }
    }
}
