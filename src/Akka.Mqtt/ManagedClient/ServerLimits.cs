using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.ManagedClient;

/// <summary>The limits of a server from its CONNACK. The properties themselves are not kept, because they would use memory in each idle client.</summary>
/// <param name="MaximumPacketSize">The largest packet, in bytes.</param>
/// <param name="MaximumQoS">The highest QoS.</param>
/// <param name="RefusesRetained">Whether it refuses retained messages.</param>
internal readonly record struct ServerLimits(uint MaximumPacketSize, QualityOfService MaximumQoS, bool RefusesRetained)
{
    /// <summary>No limits.</summary>
    public static ServerLimits None { get; } = new(uint.MaxValue, QualityOfService.ExactlyOnce, false);

    /// <summary>Reads CONNACK.</summary>
    /// <param name="properties">Its properties; null for none.</param>
    public static ServerLimits Of(ConnAckProperties? properties) => properties is null ? None : new(
        properties.MaximumPacketSize ?? uint.MaxValue, properties.MaximumQoS ?? QualityOfService.ExactlyOnce, properties.RetainAvailable == false);
}
