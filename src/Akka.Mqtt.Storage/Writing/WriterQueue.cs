namespace Akka.Mqtt.Storage.Writing;

/// <summary>The entries that were appended and not yet taken by the writer. Thread safe; an append waits only for other appends.</summary>
internal sealed class WriterQueue
{
    // A reader also waits for the next attempt.
    private static readonly TimeSpan LongestForReaders = TimeSpan.FromSeconds(1);

    private readonly object _gate = new(); // a Monitor: the writer waits in it
    private List<WriterEntry> _entries = [];
    private long _ticket;
    private long _pending;
    private bool _isWaiting;
    private bool _isStopping;
    private bool _isUrgent;

    /// <summary>The bytes of appended entries that are not committed.</summary>
    public long PendingBytes => Interlocked.Read(ref _pending);

    /// <summary>Appends.</summary>
    /// <param name="entry">What.</param>
    /// <returns>The ticket.</returns>
    public long Add(in WriterEntry entry)
    {
        Interlocked.Add(ref _pending, entry.Bytes);
        lock (_gate)
        {
            _entries.Add(entry);
            _isUrgent |= entry.Kind is WriterEntryKind.Take or WriterEntryKind.Query or WriterEntryKind.Call;
            if (_isWaiting)
                Monitor.Pulse(_gate);
            return ++_ticket;
        }
    }

    /// <summary>Commits made room.</summary>
    /// <param name="bytes">How much.</param>
    public void Committed(long bytes) => Interlocked.Add(ref _pending, -bytes);

    /// <summary>No more entries follow.</summary>
    public void Stop()
    {
        lock (_gate)
        {
            _isStopping = true;
            Monitor.PulseAll(_gate);
        }
    }

    /// <summary>Takes all appended entries; waits until one exists.</summary>
    /// <param name="drain">Takes it; must be empty.</param>
    /// <returns>Whether entries were taken; false when no more follow.</returns>
    public bool Take(List<WriterEntry> drain)
    {
        lock (_gate)
        {
            while (_entries.Count == 0)
            {
                if (_isStopping)
                    return false;
                _isWaiting = true;
                Monitor.Wait(_gate);
                _isWaiting = false;
            }
            drain.AddRange(_entries);
            _entries.Clear();
            _isUrgent = false;
            if (_entries.Capacity > 65_536)
                _entries = [];
        }
        return true;
    }

    /// <summary>Takes later entries, without waiting.</summary>
    /// <param name="drain">Receives them.</param>
    public void TakeMore(List<WriterEntry> drain)
    {
        lock (_gate)
        {
            drain.AddRange(_entries);
            _entries.Clear();
            _isUrgent = false;
        }
    }

    /// <summary>Waits before a commit is tried again; less when a reader waits.</summary>
    /// <param name="pause">How long.</param>
    /// <returns>False when the writer is to stop.</returns>
    public bool Wait(TimeSpan pause)
    {
        lock (_gate)
        {
            if (_isStopping)
            {
                Monitor.Wait(_gate, pause);
                return false;
            }
            _isWaiting = true;
            var began = Environment.TickCount64;
            while (!_isStopping)
            {
                var left = (_isUrgent && pause > LongestForReaders ? LongestForReaders : pause).TotalMilliseconds - (Environment.TickCount64 - began);
                if (left <= 0)
                    break;
                Monitor.Wait(_gate, (int)Math.Ceiling(left));
            }
            _isWaiting = false;
            return !_isStopping;
        }
    }
}
