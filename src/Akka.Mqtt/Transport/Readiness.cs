namespace Akka.Mqtt.Transport;

/// <summary>
/// Whether one direction of a socket may be ready. Shared by the thread that watches sockets and the actor that uses this one. The kernel reports
/// each change once, so none may be lost: a signal that nobody awaits is kept until the next try.
/// </summary>
internal struct Readiness
{
    private const int Idle = 0;
    private const int Signalled = 1;
    private const int Awaited = 2;

    private int _state;

    /// <summary>To be called before a read or write is tried: clears the signal, so that one that comes later is kept. A full fence, so that the attempt cannot move before it.</summary>
    public void BeginTry() => Interlocked.Exchange(ref _state, Idle);

    /// <summary>The actor found nothing more. True: it will be sent a message. False: there was a signal since, so it tries again.</summary>
    public bool TryAwait() => Interlocked.CompareExchange(ref _state, Awaited, Idle) != Signalled;

    /// <summary>The actor does not wait any more.</summary>
    public void Cancel() => Interlocked.CompareExchange(ref _state, Idle, Awaited);

    /// <summary>The kernel reports a change. True: the actor awaits it and must be sent a message. Only one signal returns true.</summary>
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
