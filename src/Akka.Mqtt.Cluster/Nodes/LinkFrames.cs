using System.Diagnostics.CodeAnalysis;

namespace Akka.Mqtt.Cluster.Nodes;

/// <summary>
/// Frames of a link that the node has not confirmed: first the sent ones, then the waiting ones. Not thread safe; owned by the link.
/// </summary>
/// <param name="window">Most bytes that are sent and not confirmed.</param>
internal sealed class LinkFrames(int window)
{
    private readonly LinkedList<Sent> _frames = [];
    private LinkedListNode<Sent>? _next; // the first that was not sent
    private long _sentBytes;
    private long _lastStep; // the number of the last frame with a step of a move

    /// <summary>The number of the newest frame.</summary>
    public long Last { get; private set; }

    /// <summary>The number of the first frame that is not confirmed.</summary>
    public long First => _frames.First?.Value.Number ?? Last + 1;

    /// <summary>Whether all are confirmed.</summary>
    public bool IsEmpty => _frames.Count == 0;

    /// <summary>All of them, in order.</summary>
    public IEnumerable<Sent> All => _frames;

    /// <summary>Forgets all frames; the next one has number 1 again.</summary>
    /// <returns>Those that were not confirmed.</returns>
    public List<Sent> Restart()
    {
        var before = _frames.ToList();
        Clear();
        (Last, _lastStep) = (0, 0);
        return before;
    }

    /// <summary>Forgets all frames.</summary>
    public void Clear()
    {
        _frames.Clear();
        (_next, _sentBytes) = (null, 0);
    }

    /// <summary>Adds waiting frames: one, or several when the content is too large for one.</summary>
    /// <param name="content">The content.</param>
    /// <param name="size">The size of a frame. A frame may be larger, mostly by a few bytes.</param>
    /// <param name="items">See <see cref="Add"/>.</param>
    /// <param name="hasStep">See <see cref="Add"/>.</param>
    public void AddAll(ReadOnlyMemory<byte> content, int size, List<LinkDelivery>? items, bool hasStep)
    {
        while (content.Length > 2 * size)
        {
            Add(content[..size], true, null, hasStep: false);
            content = content[size..];
        }
        Add(content, false, items, hasStep);
    }

    /// <summary>Adds a waiting frame.</summary>
    /// <param name="content">The content.</param>
    /// <param name="continues">Whether the next frame has the rest.</param>
    /// <param name="items">For each item with messages its delivery; null for none.</param>
    /// <param name="hasStep">Whether it has a step of a move.</param>
    public void Add(ReadOnlyMemory<byte> content, bool continues, List<LinkDelivery>? items, bool hasStep)
    {
        var node = _frames.AddLast(new Sent(++Last, content, continues, items, hasStep));
        _next ??= node;
        if (hasStep)
            _lastStep = Last;
    }

    /// <summary>
    /// The next frame that may be sent now: as far as the window allows, and always up to the last frame with a step of a move. The node
    /// may hold earlier frames back until that step arrives; they are not confirmed before, and may fill the window. A message that is
    /// larger than one frame is sent completely.
    /// </summary>
    public bool TrySend([MaybeNullWhen(false)] out Sent frame)
    {
        frame = null;
        if (_next is not { } node)
            return false;
        frame = node.Value;
        var mustGo = _sentBytes == 0 || frame.Number <= _lastStep || node.Previous is { Value.Continues: true };
        if (!mustGo && _sentBytes + frame.Content.Length > window)
            return false;
        _sentBytes += frame.Content.Length;
        _next = node.Next;
        return true;
    }

    /// <summary>The node has received all frames before one. The next ones are sent, again if they were sent before.</summary>
    /// <param name="next">The number of the first frame that it has not received.</param>
    public void ResendFrom(long next)
    {
        (_next, _sentBytes) = (_frames.First, 0);
        for (; _next is { } node && node.Value.Number < next; _next = node.Next) // received, but not yet safe
            _sentBytes += node.Value.Content.Length;
    }

    /// <summary>All frames up to a number are confirmed: takes one of them.</summary>
    /// <returns>Whether one was taken; call it until it returns false.</returns>
    public bool TryConfirm(long number, [MaybeNullWhen(false)] out Sent frame)
    {
        frame = null;
        if (_frames.First is not { } node || node.Value.Number > number || ReferenceEquals(node, _next))
            return false;
        frame = node.Value;
        Remove(node);
        return true;
    }

    /// <summary>
    /// One frame is confirmed, with its parts before it, although an earlier frame is not. The node never needs a frame again that it has,
    /// so none of them is kept.
    /// </summary>
    /// <returns>Whether it was not confirmed before.</returns>
    public bool TryConfirmAlone(long number, [MaybeNullWhen(false)] out Sent frame)
    {
        frame = null;
        var node = _frames.First;
        while (node is not null && node.Value.Number < number && !ReferenceEquals(node, _next))
            node = node.Next;
        if (node is null || node.Value.Number != number || ReferenceEquals(node, _next))
            return false;
        frame = node.Value;
        do
        {
            var before = node.Previous;
            Remove(node);
            node = before;
        }
        while (node is { Value.Continues: true });
        return true;
    }

    /// <summary>Finds the delivery of an item of a frame that is not confirmed.</summary>
    public bool TryFind(FrameItem item, [MaybeNullWhen(false)] out LinkDelivery delivery)
    {
        delivery = null;
        for (var node = _frames.First; node is not null && node.Value.Number <= item.Frame; node = node.Next)
        {
            if (node.Value.Number == item.Frame && item.Item >= 0 && item.Item < node.Value.Items?.Count)
                delivery = node.Value.Items[item.Item];
        }
        return delivery is not null;
    }

    /// <summary>All that is not confirmed, the parts of what is larger than one frame put together. Nothing is kept.</summary>
    /// <returns>For each frame its number, which is that of its last part, its content, and what its items belong to.</returns>
    public IEnumerable<(long Number, ReadOnlyMemory<byte> Content, List<LinkDelivery> Items)> TakeAll()
    {
        List<byte>? begun = null;
        foreach (var frame in _frames)
        {
            if (frame.Continues || begun is not null)
                (begun ??= []).AddRange(frame.Content.Span);
            if (frame.Continues)
                continue;
            yield return (frame.Number, begun?.ToArray() ?? frame.Content, frame.Items ?? []);
            begun = null;
        }
        Clear();
    }

    private void Remove(LinkedListNode<Sent> node)
    {
        _sentBytes -= node.Value.Content.Length;
        _frames.Remove(node);
    }

    /// <summary>A frame.</summary>
    /// <param name="Number">Its number.</param>
    /// <param name="Content">The content.</param>
    /// <param name="Continues">Whether the next frame has the rest.</param>
    /// <param name="Items">For each item with messages its delivery; null for none.</param>
    /// <param name="HasStep">Whether it has a step of a move.</param>
    internal sealed record Sent(long Number, ReadOnlyMemory<byte> Content, bool Continues, List<LinkDelivery>? Items, bool HasStep);
}
