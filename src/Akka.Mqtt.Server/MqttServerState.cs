namespace Akka.Mqtt.Server;

/// <summary>Where a server stands between its start and its end.</summary>
public enum MqttServerState
{
    /// <summary>
    /// Its listeners are open, and it must not get clients: it is a node that joins its cluster, or is no member of one, or whose durable sessions other nodes have
    /// taken over. <see cref="MqttServerHealth.Detail"/> says which.
    /// </summary>
    Starting,

    /// <summary>It takes clients.</summary>
    Ready,

    /// <summary>It takes no clients any more, and disconnects those that it has: <see cref="MqttServer.DrainAsync"/> or <see cref="MqttServer.StopAsync"/>.</summary>
    Draining,

    /// <summary>Nothing of it is left.</summary>
    Stopped,
}
