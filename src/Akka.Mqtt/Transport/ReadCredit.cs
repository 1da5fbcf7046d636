namespace Akka.Mqtt.Transport;

/// <summary>
/// Counts the bytes that a transport actor has read and its connection has not taken yet. Reading waits when the limit is reached;
/// otherwise a peer that is faster than the connection would fill its mailbox. Shared by these two actors, each of which calls its own
/// methods.
/// </summary>
internal sealed class ReadCredit(int limit)
{
    private long _inFlight;
    private int _starved;

    /// <summary>For the transport: whether another chunk may be read. If false, <see cref="Return"/> returns true when it may.</summary>
    public bool MayRead()
    {
        if (Interlocked.Read(ref _inFlight) < limit)
            return true;
        Interlocked.Exchange(ref _starved, 1);
        // Bytes that were returned before the line above did not see that the transport waits, so check again.
        return Interlocked.Read(ref _inFlight) < limit && Interlocked.Exchange(ref _starved, 0) == 1;
    }

    /// <summary>For the transport: a chunk is sent to the connection.</summary>
    public void Take(int bytes) => Interlocked.Add(ref _inFlight, bytes);

    /// <summary>For the connection: it has taken a chunk. Returns true when the transport waits for that and must be notified.</summary>
    public bool Return(int bytes) => Interlocked.Add(ref _inFlight, -bytes) < limit && Volatile.Read(ref _starved) == 1 && Interlocked.Exchange(ref _starved, 0) == 1;
}
