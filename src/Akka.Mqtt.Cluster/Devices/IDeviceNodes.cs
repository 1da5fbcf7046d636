using Akka.Cluster;

namespace Akka.Mqtt.Cluster.Devices;

/// <summary>The nodes of the cluster that have servers, and time, as <see cref="DevicesActor"/> gives them to its parts.</summary>
internal interface IDeviceNodes
{
    /// <summary>This node.</summary>
    UniqueAddress Self { get; }

    /// <summary>The settings of the server of this node; those of the actor system while it has none.</summary>
    MqttClusterSettings Settings { get; }

    /// <summary>Whether this node has a server.</summary>
    bool HasServer { get; }

    /// <summary>The other nodes that have servers.</summary>
    IEnumerable<(UniqueAddress Node, bool IsReachable)> Others { get; }

    /// <summary>Sends to a node, this one included.</summary>
    void Send(UniqueAddress to, DeviceMessage message);

    /// <summary>Tells the actor something after a time; equal messages replace each other.</summary>
    void After(TimeSpan time, object message);

    /// <summary>Does not tell it any more.</summary>
    void Forget(object message);
}
