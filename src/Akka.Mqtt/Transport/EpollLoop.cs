namespace Akka.Mqtt;

/// <summary>
/// A thread that waits until sockets are ready, tells their connections, and runs them and what they wake before it looks again (docs/adr/0015). As
/// many as there are cores, made when the first socket comes, for the life of the process. What comes at once is told at once: a subscriber whose
/// publishers were all ready gets one write.
/// </summary>
internal sealed class EpollLoop
{
    /// <summary>Events taken at once. More make larger batches of what many publishers send to one subscriber; fewer leave large messages in the cache.</summary>
    private const int MostEvents = 8;

    private const uint Watched = Epoll.In | Epoll.Out | Epoll.PeerHangUp | Epoll.EdgeTriggered;

    private static readonly Lazy<EpollLoop[]> Loops = new(
        () => [.. Enumerable.Range(0, Environment.ProcessorCount).Select(number => new EpollLoop(number))]);

    private static readonly Lock Registering = new();

    // By descriptor. An event that was on its way when its socket was closed can meet the next owner of that number, who looks and finds nothing.
    private static ReadinessSocketPort?[] _ports = new ReadinessSocketPort?[256];
    private static int _next;

    private readonly int _epoll = Epoll.Create();
    private readonly byte[] _events = Epoll.CreateEvents(MostEvents);

    private EpollLoop(int number)
    {
        // Its actors belong to many systems, so it runs in no context of any.
        new Thread(Run) { IsBackground = true, Name = $"akka.mqtt sockets {number}" }.UnsafeStart();
    }

    /// <summary>Looks at a socket from now on; what is there already is told too.</summary>
    public static void Add(ReadinessSocketPort port, int descriptor)
    {
        lock (Registering)
        {
            if (descriptor >= _ports.Length)
            {
                var larger = new ReadinessSocketPort?[Math.Max(descriptor + 1, _ports.Length * 2)];
                _ports.CopyTo(larger, 0);
                Volatile.Write(ref _ports, larger);
            }

            _ports[descriptor] = port;
        }

        var loops = Loops.Value;
        var loop = loops[(uint)Interlocked.Increment(ref _next) % (uint)loops.Length];
        if (!Epoll.TryAdd(loop._epoll, descriptor, Watched))
            port.Refused();
    }

    /// <summary>The descriptor is about to be closed, by which the kernel forgets it.</summary>
    public static void Remove(ReadinessSocketPort port, int descriptor)
    {
        lock (Registering)
        {
            if (ReferenceEquals(_ports[descriptor], port))
                _ports[descriptor] = null;
        }
    }

    private void Run()
    {
        while (true)
        {
            var count = Epoll.Wait(_epoll, _events);
            RunQueue.RunWith(this, static (loop, count) => loop.Tell(count), count);
        }
    }

    private void Tell(int count)
    {
        var ports = Volatile.Read(ref _ports);
        for (var i = 0; i < count; i++)
        {
            var (events, descriptor) = Epoll.Get(_events, i);
            if (ports[descriptor] is not { } port)
                continue;
            var over = (events & (Epoll.Error | Epoll.HangUp)) != 0;
            port.Ready(
                input: over || (events & (Epoll.In | Epoll.PeerHangUp)) != 0,
                output: over || (events & Epoll.Out) != 0,
                hungUp: over || (events & Epoll.PeerHangUp) != 0);
        }
    }
}
