namespace Akka.Mqtt.Server;

/// <summary>The state of a server between its start and its end.</summary>
public enum MqttServerState
{
    /// <summary>
    /// Its listeners are open, but it must not receive clients yet, because the node has not joined its cluster.
    /// <see cref="MqttServerHealth.Detail"/> contains the reason.
    /// </summary>
    Starting,

    /// <summary>It accepts clients.</summary>
    Ready,

    /// <summary>
    /// It accepts no clients any more, and disconnects those that it has: <see cref="MqttServer.DrainAsync"/> or
    /// <see cref="MqttServer.StopAsync"/>.
    /// </summary>
    Draining,

    /// <summary>All parts of it have stopped.</summary>
    Stopped,

    /// <summary>
    /// It is no longer a node of its cluster, or other nodes have taken over its durable sessions. It refuses clients with 0x9C. This
    /// state is final: stop the server and start the process again. <see cref="MqttServer.WhenRemoved"/> completes.
    /// </summary>
    Removed,
}
