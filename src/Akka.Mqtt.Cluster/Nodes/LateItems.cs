using System.Diagnostics.CodeAnalysis;
using Akka.Mqtt.Server.Routing;

namespace Akka.Mqtt.Cluster.Nodes;

/// <summary>
/// What has come from a node and is with sessions that are stuck: the frames are confirmed, so that one session does not hold up a node, and the publishers wait on.
/// Plain code; owned by an inbox.
/// </summary>
internal sealed class LateItems
{
    /// <summary>Most items. Frames with more are not confirmed before these are taken. The message that lists them fits into a frame of Akka.Remote.</summary>
    public const int Most = 2000;

    // Most topics that publishers are told of, and most letters of them together. Publishers to others wait instead of being refused.
    private const int MostTopics = 500;
    private const int MostLetters = 16_000;

    private readonly Dictionary<Receipt, Covered> _waiting = []; // what is not late, or not yet
    private readonly Dictionary<Receipt, Covered> _late = [];
    private readonly Queue<Receipt> _next = new(); // those of _waiting that are late as soon as there is room
    private readonly HashSet<string> _topics = new(StringComparer.Ordinal); // since the last flush
    private long _frame;
    private int _begun; // items of the frame
    private int _flushed; // of these
    private int _count;
    private bool _isChanged;
    private bool _wasSaid;

    /// <summary>A frame is read.</summary>
    /// <param name="number">Its number.</param>
    public void BeginFrame(long number) => (_frame, _begun, _flushed) = (number, 0, 0);

    /// <summary>An item with messages is read.</summary>
    public void BeginItem() => _begun++;

    /// <summary>A message that was read is for a session that is stuck.</summary>
    public void AddTopic(string topic) => _topics.Add(topic);

    /// <summary>What was read since the last flush has been taken.</summary>
    public void Skip()
    {
        _flushed = _begun;
        _topics.Clear();
    }

    /// <summary>A receipt covers what was read since the last flush.</summary>
    public void Await(Receipt receipt)
    {
        var items = new FrameItem[_begun - _flushed];
        for (var at = 0; at < items.Length; at++)
            items[at] = new FrameItem(_frame, _flushed + at);
        _waiting.Add(receipt, new Covered(items, [.. _topics]));
        Skip();
    }

    /// <summary>What a receipt covers is late, unless it has been taken meanwhile.</summary>
    /// <returns>Whether it is late now; if not, <see cref="TryAddNext"/> may say so later.</returns>
    public bool TryAdd(Receipt receipt)
    {
        if (!_waiting.TryGetValue(receipt, out var covered))
            return false;
        if (_count >= Most)
        {
            _next.Enqueue(receipt);
            return false;
        }
        _waiting.Remove(receipt);
        _late.Add(receipt, covered);
        _count += covered.Items.Length;
        _isChanged = true;
        return true;
    }

    /// <summary>The next receipt for which there was no room.</summary>
    /// <returns>Whether there is one, and room for it.</returns>
    public bool TryAddNext([MaybeNullWhen(false)] out Receipt receipt)
    {
        receipt = null;
        while (_count < Most && _next.TryDequeue(out receipt))
        {
            if (TryAdd(receipt))
                return true;
        }
        return false;
    }

    /// <summary>A receipt is complete: its messages have been taken.</summary>
    public void Remove(Receipt receipt)
    {
        _waiting.Remove(receipt);
        if (!_late.Remove(receipt, out var late))
            return;
        _count -= late.Items.Length;
        _isChanged = true;
    }

    /// <summary>The node begins anew: it does not know any of them.</summary>
    public void Clear()
    {
        _waiting.Clear();
        _late.Clear();
        _next.Clear();
        (_count, _isChanged, _wasSaid) = (0, false, false);
    }

    /// <summary>What the node is to be told.</summary>
    /// <param name="link">The link.</param>
    /// <param name="again">Whether it may have missed what it was told.</param>
    /// <returns>Null for nothing new.</returns>
    public FramesLate? Take(long link, bool again)
    {
        if (!_isChanged && !(again && _wasSaid))
            return null;
        (_isChanged, _wasSaid) = (false, true);
        var topics = new HashSet<string>(StringComparer.Ordinal);
        var letters = 0;
        foreach (var topic in _late.Values.SelectMany(static each => each.Topics))
        {
            if (topics.Count < MostTopics && letters + topic.Length <= MostLetters && topics.Add(topic))
                letters += topic.Length;
        }
        return new FramesLate(link, [.. _late.Values.SelectMany(static each => each.Items)], [.. topics]);
    }

    /// <summary>What a receipt covers.</summary>
    /// <param name="Items">The items.</param>
    /// <param name="Topics">Topics of it that a stuck session is to get.</param>
    private sealed record Covered(FrameItem[] Items, string[] Topics);
}
