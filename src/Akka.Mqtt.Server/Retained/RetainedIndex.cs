using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;
using Akka.Mqtt.Server.Limits;
using Akka.Mqtt.Server.Routing;

namespace Akka.Mqtt.Server.Retained;

/// <summary>
/// The retained messages in memory, as a trie by topic level. A writer holds a lock during one change. Readers take no lock, and see each
/// topic in its state at the moment when they reach it. Bounded by messages and bytes.
/// </summary>
internal sealed class RetainedIndex : IRetainedStore
{
    private readonly Lock _writing = new();
    private readonly Node _root = new("");
    private readonly int _maxMessages;
    private readonly long _maxBytes;
    private readonly MemoryBudget? _memory;
    private int _count;
    private long _bytes;
    private bool _mayExpire; // whether a message with an expiry interval was added after the last sweep that found none

    public RetainedIndex(int maxMessages, long maxBytes, MemoryBudget? memory = null)
    {
        _maxMessages = maxMessages;
        _maxBytes = maxBytes;
        _memory = memory;
    }

    /// <inheritdoc/>
    public int Count => Volatile.Read(ref _count);

    /// <inheritdoc/>
    public long Bytes => Volatile.Read(ref _bytes);

    /// <inheritdoc/>
    public bool Set(
        Publish packet, long now, string publisher = "", ClientIdentity? source = null, long routedBy = 0, bool isReplicated = false)
    {
        lock (_writing)
        {
            if (isReplicated && Find(packet.Topic)?.Message is { } last)
                now = Math.Max(now, last.Message.ReceivedAt + 1);
            return SetLocked(packet, now, publisher, source, routedBy);
        }
    }

    /// <inheritdoc/>
    public bool? Merge(Publish packet, long retainedAt, string publisher, long routedBy)
    {
        lock (_writing)
        {
            if (Find(packet.Topic)?.Message is { } here
                && (here.Message.ReceivedAt > retainedAt
                    || (here.Message.ReceivedAt == retainedAt && here.Message.Packet.Payload.Span.SequenceCompareTo(packet.Payload.Span) >= 0)))
            {
                return null;
            }
            return SetLocked(packet, retainedAt, publisher, null, routedBy);
        }
    }

    /// <inheritdoc/>
    public long? RetainedAt(Publish packet, long now)
    {
        lock (_writing)
        {
            var here = Find(packet.Topic)?.Message;
            if (packet.Payload.IsEmpty)
                return here is null ? now : null;
            return here is not null && here.Message.Packet.Payload.Span.SequenceEqual(packet.Payload.Span) ? here.Message.ReceivedAt : null;
        }
    }

    private bool SetLocked(Publish packet, long now, string publisher, ClientIdentity? source, long routedBy)
    {
        if (packet.Payload.IsEmpty)
        {
            Remove(packet.Topic); // [MQTT-3.3.1-7 v5] [MQTT-3.3.1-11 v3.1.1] an empty payload is not kept
            return true;
        }
        var message = new RetainedMessage(new QueuedMessage(packet, now).ForKeeping(), publisher) { Source = source, RoutedBy = routedBy };
        var before = Find(packet.Topic)?.Message;
        var count = _count + (before is null ? 1 : 0);
        var bytes = _bytes + message.Message.Size - (before?.Message.Size ?? 0);
        if (count > _maxMessages || bytes > _maxBytes || _memory?.TryTake(MemoryKind.Retained, CostOf(message)) == false)
            return false;
        if (before is not null)
            _memory?.Return(MemoryKind.Retained, CostOf(before));
        Add(packet.Topic).Message = message; // [MQTT-3.3.1-5]
        Volatile.Write(ref _count, count);
        Volatile.Write(ref _bytes, bytes);
        if (packet.Properties?.MessageExpiryInterval is not null)
            Volatile.Write(ref _mayExpire, true);
        return true;
    }

    /// <inheritdoc/>
    public int Sweep(long now)
    {
        if (!Volatile.Read(ref _mayExpire))
            return 0;
        Volatile.Write(ref _mayExpire, false);
        var expired = 0;
        var left = false;
        foreach (var message in All(_root))
        {
            if (!message.Message.TryGet(now, out var packet))
            {
                RemoveExpired(message);
                expired++;
            }
            else
            {
                left |= packet!.Properties?.MessageExpiryInterval is not null;
            }
        }
        if (left)
            Volatile.Write(ref _mayExpire, true);
        return expired;
    }

    /// <inheritdoc/>
    public void RemoveExpired(RetainedMessage message)
    {
        lock (_writing)
        {
            if (ReferenceEquals(Find(message.Message.Packet.Topic)?.Message, message))
                Remove(message.Message.Packet.Topic);
        }
    }

    /// <inheritdoc/>
    public IEnumerable<RetainedMessage> Match(string filter)
    {
        var frames = new Stack<Frame>();
        var (node, start) = (_root, 0);
        while (true)
        {
            RetainedMessage? found = null;
            if (start > filter.Length)
            {
                found = node.Message;
            }
            else
            {
                var end = filter.IndexOf('/', start) is var slash and >= 0 ? slash : filter.Length;
                switch (filter.AsSpan(start, end - start))
                {
                    case "#":
                        found = node.Message; // "a/#" matches "a" as well
                        frames.Push(new Frame(node.Levels, 0, start, ReferenceEquals(node, _root)));
                        break;
                    case "+":
                        frames.Push(new Frame(node.Levels, 0, end + 1, ReferenceEquals(node, _root)));
                        break;
                    case var level when node.Levels.Find(level) is { } child:
                        (node, start) = (child, end + 1);
                        continue;
                }
            }
            if (found is not null)
                yield return found;
            if (Next(frames) is not { } next)
                yield break;
            (node, start) = next;
        }
    }

    /// <inheritdoc/>
    public RetainedMessage? Get(string topic) => Find(topic)?.Message;

    /// <inheritdoc/>
    public IEnumerable<(string Level, RetainedMessage? Message, bool HasMore)> Below(string? topic)
    {
        if ((topic is null ? _root : Find(topic)) is not { } parent)
            yield break;
        var frames = new Stack<Frame>();
        frames.Push(new Frame(parent.Levels, 0, 0, false));
        while (Next(frames) is var (node, _))
            yield return (node.Level.ToString(), node.Message, !node.Levels.IsEmpty);
    }

    private static IEnumerable<RetainedMessage> All(Node root)
    {
        var frames = new Stack<Frame>();
        frames.Push(new Frame(root.Levels, 0, 0, false));
        while (Next(frames) is var (node, _))
        {
            if (node.Message is { } message)
                yield return message;
            frames.Push(new Frame(node.Levels, 0, 0, false));
        }
    }

    /// <summary>The next node to search, the last one added first.</summary>
    private static (Node Node, int Start)? Next(Stack<Frame> frames)
    {
        while (frames.TryPop(out var frame))
        {
            if (frame.Part == frame.Levels.Parts)
                continue;
            if (frame.Part + 1 < frame.Levels.Parts)
                frames.Push(frame with { Part = frame.Part + 1 });
            if (frame.Levels.Get(frame.Part, out var more) is not { } node)
                frames.Push(frame with { Levels = more!, Part = 0 });
            else if (!frame.IsTop || !node.Level.StartsWith('$')) // [MQTT-4.7.2-1]
                return (node, frame.Start);
        }
        return null;
    }

    /// <summary>The cost of a message with its place in the index.</summary>
    private static long CostOf(RetainedMessage message) => MemoryCost.OfRetained(message.Message.Packet.Topic, message.Message.Size);

    private Node? Find(string topic)
    {
        var node = _root;
        foreach (var level in topic.AsSpan().Split('/'))
        {
            if (node.Levels.Find(topic.AsSpan()[level]) is not { } child)
                return null;
            node = child;
        }
        return node;
    }

    private Node Add(string topic)
    {
        var node = _root;
        foreach (var range in topic.AsSpan().Split('/'))
        {
            var level = topic.AsSpan()[range];
            if (node.Levels.Find(level) is not { } child)
            {
                child = new Node(level.ToString());
                node.Levels = node.Levels.With(child);
            }
            node = child;
        }
        return node;
    }

    private void Remove(string topic)
    {
        var path = new Stack<Node>();
        path.Push(_root);
        foreach (var range in topic.AsSpan().Split('/'))
        {
            if (path.Peek().Levels.Find(topic.AsSpan()[range]) is not { } child)
                return;
            path.Push(child);
        }
        if (path.Peek().Message is not { } message)
            return;
        path.Peek().Message = null;
        Volatile.Write(ref _count, _count - 1);
        Volatile.Write(ref _bytes, _bytes - message.Message.Size);
        _memory?.Return(MemoryKind.Retained, CostOf(message));
        while (path.TryPop(out var node) && node.Message is null && node.Levels.IsEmpty && path.TryPeek(out var parent))
            parent.Levels = parent.Levels.Without(node.Level);
    }

    /// <summary>
    /// A part of the trie that is still to be searched: a map from one of its parts on, for the level of the filter that begins at
    /// <paramref name="Start"/>.
    /// </summary>
    private readonly record struct Frame(LevelMap<Node> Levels, int Part, int Start, bool IsTop);

    private sealed class Node(string level) : LevelEntry(HashOf(level))
    {
        private volatile RetainedMessage? _message;
        private volatile LevelMap<Node> _levels = LevelMap<Node>.Empty;

        public override ReadOnlySpan<char> Level => level;

        public RetainedMessage? Message
        {
            get => _message;
            set => _message = value;
        }

        public LevelMap<Node> Levels
        {
            get => _levels;
            set => _levels = value;
        }
    }
}
