namespace Akka.Mqtt.Transport;

/// <summary>
/// Whether one direction of a socket may be ready. Shared by the thread that watches sockets and the actor that uses the socket. The
/// kernel reports each change once, so none may be lost: a signal that is not awaited is kept until the next try.
/// </summary>
internal struct Readiness
{
    private const int Idle = 0;
    private const int Signalled = 1;
    private const int Awaited = 2;

    private int _state;

    /// <summary>
    /// Call before a read or write is tried. Clears the signal, so that a later one is kept. A full fence, so that the attempt cannot be
    /// reordered before it.
    /// </summary>
    public void BeginTry() => Interlocked.Exchange(ref _state, Idle);

    /// <summary>
    /// Called when the attempt found nothing more. True: the actor will receive a message. False: a signal has arrived since, so try
    /// again.
    /// </summary>
    public bool TryAwait() => Interlocked.CompareExchange(ref _state, Awaited, Idle) != Signalled;

    /// <summary>Stops waiting.</summary>
    public void Cancel() => Interlocked.CompareExchange(ref _state, Idle, Awaited);

    /// <summary>
    /// Called when the kernel reports a change. True: the actor waits for it and must receive a message. Only one signal returns true.
    /// </summary>
    public bool Signal()
    {
        while (true)
        {
            var seen = Volatile.Read(ref _state);
            if (seen == Signalled)
                return false;
            if (Interlocked.CompareExchange(ref _state, seen == Awaited ? Idle : Signalled, seen) == seen)
                return seen == Awaited;
        }
    }
}
