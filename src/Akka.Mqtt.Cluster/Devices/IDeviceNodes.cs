using Akka.Cluster;

namespace Akka.Mqtt.Cluster.Devices;

/// <summary>The nodes of the cluster that have servers, and timers. <see cref="DevicesActor"/> implements it for its parts.</summary>
internal interface IDeviceNodes
{
    /// <summary>This node.</summary>
    UniqueAddress Self { get; }

    /// <summary>The settings of the server of this node; without a server those of the actor system.</summary>
    MqttClusterSettings Settings { get; }

    /// <summary>Whether this node has a server.</summary>
    bool HasServer { get; }

    /// <summary>The other nodes that have servers.</summary>
    IEnumerable<(UniqueAddress Node, bool IsReachable)> Others { get; }

    /// <summary>Sends to a node, this one included.</summary>
    void Send(UniqueAddress to, DeviceMessage message);

    /// <summary>Sends a message to the actor after a time; equal messages replace each other.</summary>
    void After(TimeSpan time, object message);

    /// <summary>Cancels such a message.</summary>
    void Forget(object message);
}
