using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Mqtt.Cluster.Directory;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;
using Akka.Mqtt.Serialization;
using Akka.Mqtt.Server.Core;

namespace Akka.Mqtt.Cluster.Nodes;

/// <summary>Handles the items of a frame, in their order.</summary>
internal interface IFrameHandler
{
    /// <summary>All filters of the node follow.</summary>
    void BeginFilters();

    /// <summary>All filters were received.</summary>
    void EndOfFilters();

    /// <summary>The node has subscribers of a filter, or has none any more.</summary>
    void Filter(string filter, string? shareName, bool isThere);

    /// <summary>A retained message that the node has.</summary>
    void Retained(Publish packet, long retainedAt, string publisher);

    /// <summary>Messages of one publisher follow.</summary>
    void BeginMessages();

    /// <summary>A message for the subscribers of this node or, with a group, for one member of the group.</summary>
    void Message(Publish packet, SharedKey? share, long? retainedAt, string publisher);

    /// <summary>Messages for a session that has moved to this node.</summary>
    void ForSession(SessionKey key, long epoch, Publish[] packets, SharedKey?[]? shares, long receivedAt);

    /// <summary>The messages that follow were flushed in this turn of the node.</summary>
    void Turn(long number);

    /// <summary>A step of a move.</summary>
    void Step(MoveStep step);

    /// <summary>A step of an inheritance.</summary>
    void Step(HeirStep step)
    {
    }

    /// <summary>A frame that a lost node has not confirmed.</summary>
    void Inherited(InheritedFrame frame)
    {
    }
}

/// <summary>Reads what <see cref="FrameWriter"/> wrote. Payloads alias the frame.</summary>
internal static class FrameReader
{
    /// <summary>Reads the content of a frame.</summary>
    /// <param name="system">The actor system.</param>
    /// <param name="content">The content.</param>
    /// <param name="handler">Handles its items.</param>
    /// <exception cref="SerializationException">The content is damaged.</exception>
    public static void Read(ExtendedActorSystem system, ReadOnlyMemory<byte> content, IFrameHandler handler)
    {
        var reader = new WireReader(system, content);
        while (!reader.IsAtEnd)
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
                    var filter = Text(reader);
                    if (!TopicFilter.IsValid(filter) || shareName is "")
                        throw new SerializationException("A frame has a topic filter that is not valid.");
                    handler.Filter(filter, shareName, item == FrameWriter.Item.FilterAdded);
                    break;
                case FrameWriter.Item.Retained:
                    var publisher = Text(reader);
                    var retainedAt = reader.Long();
                    handler.Retained(Packet(reader), retainedAt, publisher);
                    break;
                case FrameWriter.Item.ForSession:
                    ForSession(reader, handler);
                    break;
                case FrameWriter.Item.Turn:
                    handler.Turn(reader.Long());
                    break;
                case FrameWriter.Item.Step:
                    handler.Step(new MoveStep(
                        (MoveStepKind)reader.Byte(), SessionForm.ReadKey(reader), reader.Long(), NodeForm.Read(reader), NodeForm.Read(reader), reader.Long()));
                    break;
                case FrameWriter.Item.HeirStep:
                    handler.Step(new HeirStep((HeirStepKind)reader.Byte(), reader.Long(), reader.Long(), Texts(reader)));
                    break;
                case FrameWriter.Item.Inherited:
                    handler.Inherited(new InheritedFrame(reader.Long(), Text(reader), reader.Long(), reader.Long(), reader.Bytes()));
                    break;
                case FrameWriter.Item.Messages:
                    handler.BeginMessages();
                    Messages(reader, handler);
                    break;
                default:
                    throw new SerializationException($"A frame has an item of kind {item}, which this version of Akka.Mqtt.Cluster does not know.");
            }
        }
    }

    private static void Messages(WireReader reader, IFrameHandler handler)
    {
        var publisher = Text(reader);
        reader.Long(); // the time when they were received; this node counts from its own time
        while ((FrameWriter.Part)reader.Byte() is not 0 and var parts)
        {
            var share = parts.HasFlag(FrameWriter.Part.Share) ? new SharedKey(Text(reader), Text(reader)) : null;
            long? retainedAt = parts.HasFlag(FrameWriter.Part.RetainedAt) ? reader.Long() : null;
            handler.Message(Packet(reader), share, retainedAt, publisher);
        }
    }

    private static void ForSession(WireReader reader, IFrameHandler handler)
    {
        var key = SessionForm.ReadKey(reader);
        var epoch = reader.Long();
        var receivedAt = reader.Long();
        var packets = new List<Publish>();
        List<SharedKey?>? shares = null;
        while ((FrameWriter.Part)reader.Byte() is not 0 and var parts)
        {
            if (parts.HasFlag(FrameWriter.Part.Share))
            {
                shares ??= [.. packets.Select(static SharedKey? (_) => null)];
                shares.Add(new SharedKey(Text(reader), Text(reader)));
            }
            else
            {
                shares?.Add(null);
            }
            packets.Add(Packet(reader));
        }
        handler.ForSession(key, epoch, [.. packets], shares?.ToArray(), receivedAt);
    }

    private static string[] Texts(WireReader reader)
    {
        var texts = new string[reader.Count()];
        for (var at = 0; at < texts.Length; at++)
            texts[at] = Text(reader);
        return texts;
    }

    private static string Text(WireReader reader) => reader.OptionalText() ?? throw Lacking();

    private static SerializationException Lacking() => new("A frame lacks a text.");

    private static Publish Packet(WireReader reader)
    {
        var head = reader.Byte();
        if ((head & 8) != 0)
            return PacketForm.Read(reader) as Publish ?? throw new SerializationException("A frame has another packet instead of a PUBLISH.");
        return new Publish(reader.RepeatedText() ?? throw Lacking(), reader.Binary()) { QoS = (QualityOfService)(head & 3), Retain = (head & 4) != 0 };
    }
}
