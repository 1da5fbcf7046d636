namespace Akka.Mqtt.Server;

/// <summary>The direction in which a <see cref="MqttBridgeTopic"/> forwards messages.</summary>
public enum MqttBridgeDirection
{
    /// <summary>From this server to the other one.</summary>
    Out = 0,

    /// <summary>From the other server to this one.</summary>
    In = 1,

    /// <summary>Both directions.</summary>
    Both = 2,
}
