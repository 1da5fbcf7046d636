using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.ManagedClient;

/// <summary>Passes packets to the tracing code of the user: see <see cref="MqttClientSettings.OnSending"/>.</summary>
internal static class PacketTrace
{
    /// <summary>Passes a packet on.</summary>
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
