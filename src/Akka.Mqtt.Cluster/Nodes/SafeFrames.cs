namespace Akka.Mqtt.Cluster.Nodes;

/// <summary>
/// Which frames of a link are safe: all that they carried is with the subscribers. A frame is safe by itself, whatever waits before it. Plain code; owned by the inbox.
/// </summary>
internal sealed class SafeFrames
{
    private readonly LinkedList<Waiting> _waiting = new(); // in order
    private readonly Dictionary<object, LinkedListNode<Waiting>> _frames = new(ReferenceEqualityComparer.Instance); // by what they wait for
    private LinkedListNode<Waiting>? _read; // the frame at hand
    private long _last; // the number of the last frame that was read

    /// <summary>All frames up to this number are safe.</summary>
    public long Taken => _waiting.First is { } first ? first.Value.First - 1 : _last;

    /// <summary>A link begins.</summary>
    public void Clear()
    {
        _waiting.Clear();
        _frames.Clear();
        (_read, _last) = (null, 0);
    }

    /// <summary>A frame is read.</summary>
    /// <param name="first">The number of its first part.</param>
    /// <param name="number">Its number.</param>
    public void Begin(long first, long number) => _read = new LinkedListNode<Waiting>(new Waiting(first, number));

    /// <summary>Something of the frame at hand is not safe yet.</summary>
    /// <param name="receipt">What says when it is.</param>
    public void Await(object receipt)
    {
        _read!.Value.Count++;
        _frames.Add(receipt, _read);
    }

    /// <summary>The frame at hand was read.</summary>
    /// <returns>Its number, when it is safe and one before it is not.</returns>
    public long? End()
    {
        var read = _read!;
        (_read, _last) = (null, read.Value.Number);
        if (read.Value.Count == 0)
            return _waiting.Count > 0 ? read.Value.Number : null;
        _waiting.AddLast(read);
        return null;
    }

    /// <summary>Something is safe.</summary>
    /// <param name="receipt">What says so.</param>
    /// <returns>The number of its frame, when that is safe by this, and one before it is not.</returns>
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

        /// <summary>What is not safe yet.</summary>
        public int Count { get; set; }
    }
}
