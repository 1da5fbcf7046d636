namespace Akka.Mqtt.Server;

/// <summary>Where a server stands between its start and its end.</summary>
public enum MqttServerState
{
    /// <summary>
    /// Its listeners are open, and it must not get clients yet: it is a node that joins its cluster, or has not joined one. <see cref="MqttServerHealth.Detail"/> says which.
    /// </summary>
    Starting,

    /// <summary>It takes clients.</summary>
    Ready,

    /// <summary>It takes no clients any more, and disconnects those that it has: <see cref="MqttServer.DrainAsync"/> or <see cref="MqttServer.StopAsync"/>.</summary>
    Draining,

    /// <summary>Nothing of it is left.</summary>
    Stopped,

    /// <summary>
    /// It is no node of its cluster any more, or other nodes have taken over its durable sessions. It refuses clients with 0x9C. It does not come back: stop it, and start
    /// the process again. <see cref="MqttServer.WhenRemoved"/> completes.
    /// </summary>
    Removed,
}
