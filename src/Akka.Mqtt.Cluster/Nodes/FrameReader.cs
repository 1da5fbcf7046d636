using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;
using Akka.Mqtt.Serialization;

namespace Akka.Mqtt.Cluster.Nodes;

/// <summary>Takes what a frame says, in its order.</summary>
internal interface IFrameHandler
{
    /// <summary>All filters of the node follow.</summary>
    void BeginFilters();

    /// <summary>All filters have come.</summary>
    void EndOfFilters();

    /// <summary>The node has, or has not, subscribers of a filter.</summary>
    void Filter(string filter, string? shareName, bool isThere);

    /// <summary>A retained message that the node has.</summary>
    void Retained(Publish packet, long retainedAt, string publisher);

    /// <summary>A message for the subscribers of this node; or, with a group, for one member of it.</summary>
    void Message(Publish packet, SharedKey? share, long? retainedAt, string publisher);
}

/// <summary>Reads what <see cref="FrameWriter"/> wrote. Payloads alias the frame.</summary>
internal static class FrameReader
{
    /// <summary>Reads the content of a frame.</summary>
    /// <param name="system">The actor system.</param>
    /// <param name="content">The content.</param>
    /// <param name="handler">Takes it.</param>
    /// <exception cref="SerializationException">The content is damaged.</exception>
    public static void Read(ExtendedActorSystem system, ReadOnlyMemory<byte> content, IFrameHandler handler)
    {
        var reader = new WireReader(system, content);
        while (!reader.Rest.IsEmpty)
        {
            var item = (FrameWriter.Item)reader.Byte();
            switch (item)
            {
                case FrameWriter.Item.FiltersBegin:
                    handler.BeginFilters();
                    break;
                case FrameWriter.Item.FiltersEnd:
                    handler.EndOfFilters();
                    break;
                case FrameWriter.Item.FilterAdded or FrameWriter.Item.FilterRemoved:
                    var shareName = reader.OptionalText();
                    handler.Filter(reader.Text(), shareName, item == FrameWriter.Item.FilterAdded);
                    break;
                case FrameWriter.Item.Retained:
                    var publisher = reader.Text();
                    var retainedAt = reader.Long();
                    handler.Retained(Packet(reader), retainedAt, publisher);
                    break;
                case FrameWriter.Item.Messages:
                    Messages(reader, handler);
                    break;
                default:
                    throw new SerializationException($"A frame has an item of kind {item}, which this version of Akka.Mqtt.Cluster does not know.");
            }
        }
    }

    private static void Messages(WireReader reader, IFrameHandler handler)
    {
        var publisher = reader.Text();
        reader.Long(); // when they came: messages of this node count from when it got them
        while ((FrameWriter.Part)reader.Byte() is not 0 and var parts)
        {
            var share = parts.HasFlag(FrameWriter.Part.Share) ? new SharedKey(reader.Text(), reader.Text()) : null;
            long? retainedAt = parts.HasFlag(FrameWriter.Part.RetainedAt) ? reader.Long() : null;
            handler.Message(Packet(reader), share, retainedAt, publisher);
        }
    }

    private static Publish Packet(WireReader reader)
    {
        var head = reader.Byte();
        if ((head & 8) != 0)
            return PacketForm.Read(reader) as Publish ?? throw new SerializationException("A frame has another packet where a PUBLISH belongs.");
        return new Publish(reader.Text(), reader.Binary()) { QoS = (QualityOfService)(head & 3), Retain = (head & 4) != 0 };
    }
}
