namespace Akka.Mqtt.Server.Routing;

/// <summary>
/// Numbers what publishers of a node of a cluster flush, so that all nodes agree on which messages came before a change and which after it. A publisher enters before
/// it looks for the first route of a flush, and leaves when the flush is handed over. <see cref="Next"/> begins a new turn, and says when all flushes of the turns
/// before it were handed over. Publishers never wait. Thread safe.
/// </summary>
internal sealed class FlushGate
{
    private readonly Lock _lock = new();
    private readonly Queue<Turn> _closed = new(); // that have flushes still, or wait for one that has
    private Turn _current = new(1);

    /// <summary>A flush begins.</summary>
    /// <returns>Its turn: give it to <see cref="Leave"/>.</returns>
    public Turn Enter()
    {
        while (true)
        {
            var turn = Volatile.Read(ref _current);
            turn.Enter();
            if (ReferenceEquals(turn, Volatile.Read(ref _current)))
                return turn;
            Leave(turn); // it was closed meanwhile
        }
    }

    /// <summary>A flush was handed over.</summary>
    public void Leave(Turn turn)
    {
        if (turn.Leave())
            Drain();
    }

    /// <summary>Begins a new turn.</summary>
    /// <param name="announce">Called with its number before the first flush can have it.</param>
    /// <param name="passed">Called when all flushes with lower numbers were handed over; by any thread, and it must not block.</param>
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

    /// <summary>What is flushed between two changes.</summary>
    /// <param name="number">Its number; each has a higher one than the one before.</param>
    internal sealed class Turn(long number)
    {
        private int _flushes;
        private int _isClosed;

        public long Number { get; } = number;

        public Action? Passed { get; set; }

        public bool IsEmpty => Volatile.Read(ref _flushes) == 0;

        public void Enter() => Interlocked.Increment(ref _flushes);

        /// <summary>A flush is over.</summary>
        /// <returns>Whether it was the last one of a turn that is closed.</returns>
        public bool Leave() => Interlocked.Decrement(ref _flushes) == 0 && Volatile.Read(ref _isClosed) != 0;

        // With a full fence, as Leave: one of both sees the other.
        public void Close() => Interlocked.Exchange(ref _isClosed, 1);
    }
}
