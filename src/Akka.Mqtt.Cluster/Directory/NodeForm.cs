using Akka.Actor;
using Akka.Cluster;
using Akka.Mqtt.Serialization;

namespace Akka.Mqtt.Cluster.Directory;

/// <summary>A node in messages to other nodes.</summary>
internal static class NodeForm
{
    /// <summary>Writes a node.</summary>
    public static void Write(WireWriter writer, UniqueAddress node)
    {
        writer.Text(node.Address.ToString());
        writer.Int(node.Uid);
    }

    /// <summary>Reads a node.</summary>
    public static UniqueAddress Read(WireReader reader) => new(Address.Parse(reader.Text()), reader.Int());
}
