namespace Akka.Mqtt.Server;

/// <summary>Which way messages of a <see cref="MqttBridgeTopic"/> go.</summary>
public enum MqttBridgeDirection
{
    /// <summary>From this server to the other one.</summary>
    Out = 0,

    /// <summary>From the other server to this one.</summary>
    In = 1,

    /// <summary>Both ways.</summary>
    Both = 2,
}
