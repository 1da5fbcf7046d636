namespace Akka.Mqtt.Server;

/// <summary>Where a bridge publishes its connection state, as a retained message <c>1</c> or <c>0</c>.</summary>
public enum MqttBridgeNotifications
{
    /// <summary>Nowhere.</summary>
    Off = 0,

    /// <summary>At this server.</summary>
    Local = 1,

    /// <summary>At this server and, with a will, at the other one.</summary>
    Both = 2,
}
