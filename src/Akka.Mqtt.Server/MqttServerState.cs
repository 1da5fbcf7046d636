namespace Akka.Mqtt.Server;

/// <summary>Where a server stands between its start and its end.</summary>
public enum MqttServerState
{
    /// <summary>
    /// Its listeners are open, and it is a node of a cluster that is not ready: it has not joined, or does not know the filters of the other nodes yet.
    /// </summary>
    Starting,

    /// <summary>It takes clients.</summary>
    Ready,

    /// <summary>It takes no clients any more, and disconnects those that it has: <see cref="MqttServer.DrainAsync"/> or <see cref="MqttServer.StopAsync"/>.</summary>
    Draining,

    /// <summary>Nothing of it is left.</summary>
    Stopped,
}
