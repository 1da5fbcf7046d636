namespace Akka.Mqtt.Server.Routing;

/// <summary>
/// Numbers the flushes of the publishers of a node in a cluster, so that all nodes agree which messages were published before a change and
/// which after it. A publisher calls <see cref="Enter"/> before it looks up the first route of a flush, and <see cref="Leave"/> when the
/// flush is handed over. <see cref="Next"/> starts a new turn, and reports when all flushes of earlier turns have been handed over.
/// Publishers never wait. Thread safe.
/// </summary>
internal sealed class FlushGate
{
    private readonly Lock _lock = new();
    private readonly Queue<Turn> _closed = new(); // turns with open flushes, or behind a turn with open flushes
    private Turn _current = new(1);

    /// <summary>Starts a flush.</summary>
    /// <returns>Its turn; pass it to <see cref="Leave"/>.</returns>
    public Turn Enter()
    {
        while (true)
        {
            var turn = Volatile.Read(ref _current);
            turn.Enter();
            if (ReferenceEquals(turn, Volatile.Read(ref _current)))
                return turn;
            Leave(turn); // the turn was closed in the meantime
        }
    }

    /// <summary>Ends a flush that was handed over.</summary>
    public void Leave(Turn turn)
    {
        if (turn.Leave())
            Drain();
    }

    /// <summary>Starts a new turn.</summary>
    /// <param name="announce">Called with its number before any flush can have it.</param>
    /// <param name="passed">Called when all flushes with lower numbers were handed over; on any thread, and must not block.</param>
    public void Next(Action<long> announce, Action passed)
    {
        lock (_lock)
        {
            var turn = _current;
            var next = new Turn(turn.Number + 1);
            announce(next.Number);
            turn.Passed = passed;
            Volatile.Write(ref _current, next);
            turn.Close();
            _closed.Enqueue(turn);
        }
        Drain();
    }

    private void Drain()
    {
        lock (_lock)
        {
            while (_closed.TryPeek(out var turn) && turn.IsEmpty)
                _closed.Dequeue().Passed!();
        }
    }

    /// <summary>The flushes between two changes.</summary>
    /// <param name="number">Its number; each turn has a higher one than the previous turn.</param>
    internal sealed class Turn(long number)
    {
        private int _flushes;
        private int _isClosed;

        public long Number { get; } = number;

        public Action? Passed { get; set; }

        public bool IsEmpty => Volatile.Read(ref _flushes) == 0;

        public void Enter() => Interlocked.Increment(ref _flushes);

        /// <summary>Ends a flush.</summary>
        /// <returns>Whether it was the last one of a turn that is closed.</returns>
        public bool Leave() => Interlocked.Decrement(ref _flushes) == 0 && Volatile.Read(ref _isClosed) != 0;

        // With a full fence, like Leave: at least one of the two threads sees the change of the other.
        public void Close() => Interlocked.Exchange(ref _isClosed, 1);
    }
}
