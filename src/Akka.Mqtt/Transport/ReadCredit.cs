namespace Akka.Mqtt.Transport;

/// <summary>
/// Bytes that a transport's actor has read and its connection has not taken yet. Reading waits while it is used up: without it a peer that is
/// faster than the connection would fill its mailbox. Shared by these two actors; one side each.
/// </summary>
internal sealed class ReadCredit(int limit)
{
    private long _inFlight;
    private int _starved;

    /// <summary>The transport's side: whether another chunk may be read. False: <see cref="Return"/> returns true when it may.</summary>
    public bool MayRead()
    {
        if (Interlocked.Read(ref _inFlight) < limit)
            return true;
        Interlocked.Exchange(ref _starved, 1);
        // Bytes that were returned before the line above did not see that the transport waits.
        return Interlocked.Read(ref _inFlight) < limit && Interlocked.Exchange(ref _starved, 0) == 1;
    }

    /// <summary>The transport's side: a chunk is sent to the connection.</summary>
    public void Take(int bytes) => Interlocked.Add(ref _inFlight, bytes);

    /// <summary>The connection's side: it has taken a chunk. True: the transport waits for this and must be told.</summary>
    public bool Return(int bytes) => Interlocked.Add(ref _inFlight, -bytes) < limit && Volatile.Read(ref _starved) == 1 && Interlocked.Exchange(ref _starved, 0) == 1;
}
