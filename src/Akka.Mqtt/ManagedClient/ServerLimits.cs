using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.ManagedClient;

/// <summary>What a server said in CONNACK that it takes. The properties themselves are not kept: an idle client would hold them.</summary>
/// <param name="MaximumPacketSize">The largest packet, in bytes.</param>
/// <param name="MaximumQoS">The highest QoS.</param>
/// <param name="RefusesRetained">Whether it takes no retained messages.</param>
internal readonly record struct ServerLimits(uint MaximumPacketSize, QualityOfService MaximumQoS, bool RefusesRetained)
{
    /// <summary>A server that said nothing.</summary>
    public static ServerLimits None { get; } = new(uint.MaxValue, QualityOfService.ExactlyOnce, false);

    /// <summary>Reads CONNACK.</summary>
    /// <param name="properties">Its properties; null for none.</param>
    public static ServerLimits Of(ConnAckProperties? properties) => properties is null ? None : new(
        properties.MaximumPacketSize ?? uint.MaxValue, properties.MaximumQoS ?? QualityOfService.ExactlyOnce, properties.RetainAvailable == false);
}
