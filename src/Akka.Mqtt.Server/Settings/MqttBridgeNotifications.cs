namespace Akka.Mqtt.Server;

/// <summary>Where a bridge says whether it is connected, as a retained message <c>1</c> or <c>0</c>.</summary>
public enum MqttBridgeNotifications
{
    /// <summary>Nowhere.</summary>
    Off = 0,

    /// <summary>At this server.</summary>
    Local = 1,

    /// <summary>At this server and at the other one, there with a will.</summary>
    Both = 2,
}
