namespace Akka.Mqtt.Transport;

/// <summary>
/// Whether a direction of a socket may be ready, between the thread that looks at sockets and the actor that uses this one. The kernel tells
/// each change once, so none may be lost: what is signalled while nobody awaits it is remembered until the next try.
/// </summary>
internal struct Readiness
{
    private const int Idle = 0;
    private const int Signalled = 1;
    private const int Awaited = 2;

    private int _state;

    /// <summary>To be called before a read or write is tried: clears the signal, so that one that comes later is kept. A full fence, so that the attempt cannot move before it.</summary>
    public void BeginTry() => Interlocked.Exchange(ref _state, Idle);

    /// <summary>The actor's try found nothing (more). True: it will be told. False: something was signalled since, try again.</summary>
    public bool TryAwait() => Interlocked.CompareExchange(ref _state, Awaited, Idle) != Signalled;

    /// <summary>The actor is not interested any more.</summary>
    public void Cancel() => Interlocked.CompareExchange(ref _state, Idle, Awaited);

    /// <summary>The kernel reports it. True: it is awaited, tell it; only one signal gets that answer.</summary>
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
