using System.Diagnostics.CodeAnalysis;
using Akka.Mqtt.Server.Routing;

namespace Akka.Mqtt.Cluster.Nodes;

/// <summary>
/// Items of a node that are queued for sessions that are stuck. Their frames are confirmed, so that one session does not block a node, but
/// the publishers still wait. Not thread safe; owned by an inbox.
/// </summary>
internal sealed class LateItems
{
    /// <summary>
    /// The most items. Frames with more are confirmed only after these are taken. The message that lists them fits into a frame of
    /// Akka.Remote.
    /// </summary>
    public const int Most = 2000;

    // The most topics that publishers learn of, and the most letters of them together. Publishers to other topics wait instead of being
    // refused.
    private const int MostTopics = 500;
    private const int MostLetters = 16_000;

    private readonly Dictionary<Receipt, Covered> _waiting = []; // receipts that are not late, or not yet
    private readonly Dictionary<Receipt, Covered> _late = [];
    private readonly Queue<Receipt> _next = new(); // those of _waiting that become late as soon as the list has room
    private readonly HashSet<string> _topics = new(StringComparer.Ordinal); // since the last flush
    private long _frame;
    private int _begun; // items of the frame
    private int _flushed; // those of them that were flushed
    private int _count;
    private bool _isChanged;
    private bool _wasSaid;

    /// <summary>A frame is read.</summary>
    /// <param name="number">Its number.</param>
    public void BeginFrame(long number) => (_frame, _begun, _flushed) = (number, 0, 0);

    /// <summary>An item with messages is read.</summary>
    public void BeginItem() => _begun++;

    /// <summary>A message for a session that is stuck was read.</summary>
    public void AddTopic(string topic) => _topics.Add(topic);

    /// <summary>All messages that were read since the last flush have been taken.</summary>
    public void Skip()
    {
        _flushed = _begun;
        _topics.Clear();
    }

    /// <summary>A receipt covers the messages that were read since the last flush.</summary>
    public void Await(Receipt receipt)
    {
        var items = new FrameItem[_begun - _flushed];
        for (var at = 0; at < items.Length; at++)
            items[at] = new FrameItem(_frame, _flushed + at);
        _waiting.Add(receipt, new Covered(items, [.. _topics]));
        Skip();
    }

    /// <summary>The messages of a receipt are late, unless they have been taken in the meantime.</summary>
    /// <returns>Whether they are late now; if not, <see cref="TryAddNext"/> may return the receipt later.</returns>
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

    /// <summary>The next receipt that did not fit into the list.</summary>
    /// <returns>Whether one exists and now fits.</returns>
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

    /// <summary>The node starts a new link, and knows none of them.</summary>
    public void Clear()
    {
        _waiting.Clear();
        _late.Clear();
        _next.Clear();
        (_count, _isChanged, _wasSaid) = (0, false, false);
    }

    /// <summary>The message that the node must receive.</summary>
    /// <param name="link">The link.</param>
    /// <param name="again">Whether the node may have missed the previous message.</param>
    /// <returns>Null when nothing has changed.</returns>
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

    /// <summary>The items and topics of a receipt.</summary>
    /// <param name="Items">The items.</param>
    /// <param name="Topics">Its topics that a stuck session receives.</param>
    private sealed record Covered(FrameItem[] Items, string[] Topics);
}
