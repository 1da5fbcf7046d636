namespace Akka.Mqtt.Cluster.Nodes;

/// <summary>
/// The frames of a link that are safe, because the subscribers have all their messages. A frame can be safe while an earlier one is not.
/// Not thread safe; owned by the inbox.
/// </summary>
internal sealed class SafeFrames
{
    private readonly LinkedList<Waiting> _waiting = new(); // in order
    private readonly Dictionary<object, LinkedListNode<Waiting>> _frames = new(ReferenceEqualityComparer.Instance); // by the receipts that they wait for
    private LinkedListNode<Waiting>? _read; // the current frame
    private long _last; // the number of the last frame that was read

    /// <summary>All frames up to this number are safe.</summary>
    public long Taken => _waiting.First is { } first ? first.Value.First - 1 : _last;

    /// <summary>Starts a link.</summary>
    public void Clear()
    {
        _waiting.Clear();
        _frames.Clear();
        (_read, _last) = (null, 0);
    }

    /// <summary>Starts a frame.</summary>
    /// <param name="first">The number of its first part.</param>
    /// <param name="number">Its number.</param>
    public void Begin(long first, long number) => _read = new LinkedListNode<Waiting>(new Waiting(first, number));

    /// <summary>A part of the current frame is not safe yet.</summary>
    /// <param name="receipt">The receipt that is completed when it is safe.</param>
    public void Await(object receipt)
    {
        _read!.Value.Count++;
        _frames.Add(receipt, _read);
    }

    /// <summary>The current frame was read.</summary>
    /// <returns>Its number, if it is safe and one before it is not.</returns>
    public long? End()
    {
        var read = _read!;
        (_read, _last) = (null, read.Value.Number);
        if (read.Value.Count == 0)
            return _waiting.Count > 0 ? read.Value.Number : null;
        _waiting.AddLast(read);
        return null;
    }

    /// <summary>A receipt is complete.</summary>
    /// <param name="receipt">The receipt.</param>
    /// <returns>The number of its frame, if the frame is safe now and one before it is not.</returns>
    public long? Complete(object receipt)
    {
        if (!_frames.Remove(receipt, out var frame) || --frame.Value.Count > 0)
            return null;
        var isFirst = ReferenceEquals(frame, _waiting.First);
        _waiting.Remove(frame);
        return isFirst ? null : frame.Value.Number;
    }

    private sealed class Waiting(long first, long number)
    {
        public long First { get; } = first;

        public long Number { get; } = number;

        /// <summary>The number of receipts that are not complete.</summary>
        public int Count { get; set; }
    }
}
