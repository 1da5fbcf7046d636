using Akka.Actor;
using Akka.Mqtt.Cluster.Directory;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Serialization;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Retained;
using Akka.Mqtt.Server.Routing;

namespace Akka.Mqtt.Cluster.Nodes;

/// <summary>
/// Writes the content of frames: items, one after the other. Owned by a link. <see cref="FrameReader"/> reads them. The meaning of an item
/// never changes. At the first item that it does not know, a reader drops the rest of the frame.
/// </summary>
/// <param name="system">The actor system.</param>
/// <param name="frameSize">The number of bytes from which on a frame is full.</param>
/// <param name="retained">The retained messages of this node.</param>
internal sealed class FrameWriter(ExtendedActorSystem system, int frameSize, IRetainedStore retained)
{
    private const int FirstBytes = 4096;

    private readonly int _mostKept = Math.Max(FirstBytes, 2 * frameSize);
    private long _turn; // of the last messages in the frame
    private string? _topic; // the last topic in the frame
    private int _topicAt;
    private int _topicLength;

    /// <summary>Whether nothing was written since <see cref="Take"/>.</summary>
    public bool IsEmpty => Content.Count == 0;

    /// <summary>Whether the frame must be sent before more is written.</summary>
    public bool IsFull => Content.Count >= frameSize;

    private WireWriter Content { get; } = new(system, FirstBytes);

    /// <summary>Returns the content, and starts an empty one.</summary>
    public byte[] Take()
    {
        _turn = 0;
        _topic = null;
        return Content.Restart(_mostKept);
    }

    /// <summary>All filters of this node follow, up to <see cref="EndOfFilters"/>.</summary>
    public void BeginFilters() => Content.Byte((byte)Item.FiltersBegin);

    /// <summary>The filters since <see cref="BeginFilters"/> are complete.</summary>
    public void EndOfFilters() => Content.Byte((byte)Item.FiltersEnd);

    /// <summary>A filter has subscribers on this node, or has none any more.</summary>
    public void Filter(in FilterChange change)
    {
        Content.Byte((byte)(change.IsThere ? Item.FilterAdded : Item.FilterRemoved));
        Content.Text(change.ShareName);
        Content.Text(change.Filter);
    }

    /// <summary>A retained message that this node has, for a node that may not.</summary>
    public void Retained(RetainedMessage message)
    {
        Content.Byte((byte)Item.Retained);
        Content.Text(message.Publisher);
        Content.Long(message.Message.ReceivedAt);
        Write(message.Message.Packet);
    }

    /// <summary>Writes messages of one publisher, as many as fit.</summary>
    /// <param name="delivery">The messages.</param>
    /// <param name="from">The position of the first.</param>
    /// <returns>The position of the first message that did not fit; the length when all did.</returns>
    public int Messages(Deliver delivery, int from)
    {
        var content = Content;
        if (delivery.Source is { Turn: > 0 } source && source.Turn != _turn)
        {
            _turn = source.Turn;
            content.Byte((byte)Item.Turn);
            content.Long(_turn);
        }
        content.Byte((byte)Item.Messages);
        content.Text(delivery.Source?.Publisher ?? "");
        content.Long(delivery.ReceivedAt);
        var at = from;
        do
        {
            var packet = delivery.Packets[at];
            var share = delivery.Shares?[at];
            long? retainedAt = packet.Retain && share is null ? retained.RetainedAt(packet, delivery.ReceivedAt) : null;
            content.Byte((byte)(Part.Message | (share is null ? 0 : Part.Share) | (retainedAt is null ? 0 : Part.RetainedAt)));
            if (share is not null)
            {
                content.Text(share.Name);
                content.Text(share.Filter);
            }
            if (retainedAt is { } time)
                content.Long(time);
            Write(packet);
            at++;
        }
        while (at < delivery.Packets.Length && !IsFull);
        content.Byte(0);
        return at;
    }

    /// <summary>Messages for one session that has moved to the node.</summary>
    /// <param name="key">The session.</param>
    /// <param name="epoch">The number of the move.</param>
    /// <param name="delivery">The messages, in the form in which the session sends them.</param>
    public void ForSession(in SessionKey key, long epoch, Deliver delivery)
    {
        var content = Content;
        content.Byte((byte)Item.ForSession);
        SessionForm.Write(content, key);
        content.Long(epoch);
        content.Long(delivery.ReceivedAt);
        for (var at = 0; at < delivery.Packets.Length; at++)
        {
            var share = delivery.Shares?[at];
            content.Byte((byte)(Part.Message | (share is null ? 0 : Part.Share)));
            if (share is not null)
            {
                content.Text(share.Name);
                content.Text(share.Filter);
            }
            Write(delivery.Packets[at]);
        }
        content.Byte(0);
    }

    /// <summary>A step of a move.</summary>
    public void Step(MoveStep step)
    {
        var content = Content;
        content.Byte((byte)Item.Step);
        content.Byte((byte)step.What);
        SessionForm.Write(content, step.Key);
        content.Long(step.Epoch);
        NodeForm.Write(content, step.Node);
        NodeForm.Write(content, step.To);
        content.Long(step.Turn);
    }

    /// <summary>A step of an inheritance.</summary>
    public void Step(HeirStep step)
    {
        var content = Content;
        content.Byte((byte)Item.HeirStep);
        content.Byte((byte)step.What);
        content.Long(step.Run);
        content.Long(step.Turn);
        content.UInt((uint)step.Nodes.Count);
        foreach (var node in step.Nodes)
            content.Text(node);
    }

    /// <summary>A frame that a lost node has not confirmed.</summary>
    public void Inherited(InheritedFrame frame)
    {
        var content = Content;
        content.Byte((byte)Item.Inherited);
        content.Long(frame.Run);
        content.Text(frame.Node);
        content.Long(frame.Link);
        content.Long(frame.Number);
        content.Bytes(frame.Content.Span);
    }

    private void Write(Publish packet)
    {
        var content = Content;
        var hasProperties = packet.Properties is not null;
        content.Byte((byte)((int)packet.QoS | (packet.Retain ? 4 : 0) | (hasProperties ? 8 : 0)));
        if (hasProperties)
        {
            PacketForm.Write(content, packet with { Header = null });
            return;
        }
        Topic(packet.Topic);
        content.Bytes(packet.Payload.Span);
    }

    /// <summary>Writes a topic. A publisher mostly repeats its topic; then the text is not encoded again.</summary>
    private void Topic(string topic)
    {
        if (ReferenceEquals(topic, _topic))
        {
            Content.Repeat(_topicAt, _topicLength);
            return;
        }
        (_topic, _topicAt) = (topic, Content.Count);
        Content.Text(topic);
        _topicLength = Content.Count - _topicAt;
    }

    /// <summary>Kinds of items.</summary>
    internal enum Item : byte
    {
        FiltersBegin = 1,
        FiltersEnd = 2,
        FilterAdded = 3,
        FilterRemoved = 4,
        Retained = 5,
        Messages = 6,
        ForSession = 7,
        Turn = 8,
        Step = 9,
        HeirStep = 10,
        Inherited = 11,
    }

    /// <summary>The parts in front of a message.</summary>
    [Flags]
    internal enum Part : byte
    {
        Message = 1,
        Share = 2,
        RetainedAt = 4,
    }
}
