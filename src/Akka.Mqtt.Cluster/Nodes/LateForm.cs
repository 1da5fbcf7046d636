using Akka.Mqtt.Serialization;

namespace Akka.Mqtt.Cluster.Nodes;

/// <summary>The form of <see cref="FramesLate"/> on the wire.</summary>
internal static class LateForm
{
    /// <summary>
    /// On a connection of its own, this message is the content of a frame with this number. No other frame has this number.
    /// </summary>
    public const long FrameNumber = 0;

    public static void Write(WireWriter writer, FramesLate late)
    {
        writer.Long(late.Link);
        writer.UInt((uint)late.Items.Length);
        foreach (var (frame, item) in late.Items)
        {
            writer.Long(frame);
            writer.UInt((uint)item);
        }
        writer.UInt((uint)late.Topics.Length);
        foreach (var topic in late.Topics)
            writer.Text(topic);
    }

    public static FramesLate Read(WireReader reader)
    {
        var link = reader.Long();
        var items = new FrameItem[reader.Count()];
        for (var at = 0; at < items.Length; at++)
            items[at] = new FrameItem(reader.Long(), (int)reader.UInt());
        var topics = new string[reader.Count()];
        for (var at = 0; at < topics.Length; at++)
            topics[at] = reader.RequiredText();
        return new FramesLate(link, items, topics);
    }
}
