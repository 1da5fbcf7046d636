using System.Diagnostics.CodeAnalysis;
using Akka.Mqtt.Dispatch;

namespace Akka.Mqtt.Transport;

/// <summary>
/// A thread that waits until sockets are ready, tells their connections, and runs them and what they wake before it looks again (docs/adr/0015). As
/// many as there are cores, each made when its first socket comes, for the life of the process. What comes at once is told at once: a subscriber whose
/// publishers were all ready gets one write; unless it is much, then one socket at a time is served.
/// </summary>
internal sealed class EpollLoop
{
    private const int MostEvents = 8;

    /// <summary>What one round may receive before its sockets are run one by one in the next: read together, more than this has left the cache when it is sent.</summary>
    private const int LargeRound = 256 * 1024;

    private const uint Watched = Epoll.In | Epoll.Out | Epoll.PeerHangUp | Epoll.EdgeTriggered;

    private static readonly EpollLoop?[] Loops = new EpollLoop?[Environment.ProcessorCount];
    private static readonly Lock Registering = new();

    // By descriptor. An event that was on its way when its socket was closed can meet the next owner of that number, who looks and finds nothing.
    private static ReadinessSocketPort?[] _ports = new ReadinessSocketPort?[256];
    private static int _next;

    private readonly int _epoll = Epoll.Create();
    private readonly byte[] _events = Epoll.CreateEvents(MostEvents);
    private bool _oneByOne;

    private EpollLoop(int number)
    {
        try
        {
            // Its actors belong to many systems, so it runs in no context of any.
            new Thread(Run) { IsBackground = true, Name = $"akka.mqtt sockets {number}" }.UnsafeStart();
        }
        catch
        {
            Epoll.Close(_epoll);
            throw;
        }
    }

    /// <summary>Makes the first loop, so that there is one however few descriptors are left later.</summary>
    public static void Prepare()
    {
        if (!Epoll.IsSupported)
            return;
        lock (Registering)
            TryNext(out _);
    }

    /// <summary>Looks at a socket from now on; what is there already is told too.</summary>
    public static void Add(ReadinessSocketPort port, int descriptor)
    {
        EpollLoop? loop;
        lock (Registering)
        {
            if (descriptor >= _ports.Length)
            {
                var larger = new ReadinessSocketPort?[Math.Max(descriptor + 1, _ports.Length * 2)];
                _ports.CopyTo(larger, 0);
                Volatile.Write(ref _ports, larger);
            }

            if (!TryNext(out loop))
            {
                port.Refused();
                return;
            }

            _ports[descriptor] = port;
        }

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

    /// <summary>
    /// The loops in turn, each made when it is its turn for the first time. Where there is no descriptor or thread for a new one another takes its
    /// sockets. False: there is none at all; later there may be.
    /// </summary>
    private static bool TryNext([NotNullWhen(true)] out EpollLoop? loop)
    {
        var number = (int)((uint)_next++ % (uint)Loops.Length);
        try
        {
            loop = Loops[number] ??= new EpollLoop(number);
            return true;
        }
        catch (Exception e) when (e is InvalidOperationException or OutOfMemoryException)
        {
            loop = Array.Find(Loops, each => each is not null);
            return loop is not null;
        }
    }

    private void Run()
    {
        while (true)
        {
            var count = Epoll.Wait(_epoll, _events);
            var together = _oneByOne ? 1 : count;
            for (var first = 0; first < count; first += together)
                RunQueue.RunWith(this, static (loop, events) => loop.Tell(events), new Range(first, first + together));
            _oneByOne = SocketPort.TakeReceivedByThread() > LargeRound;
        }
    }

    private void Tell(Range events)
    {
        var ports = Volatile.Read(ref _ports);
        for (var i = events.Start.Value; i < events.End.Value; i++)
        {
            var (flags, descriptor) = Epoll.Get(_events, i);
            if (ports[descriptor] is not { } port)
                continue;
            var over = (flags & (Epoll.Error | Epoll.HangUp)) != 0;
            port.Ready(
                input: over || (flags & (Epoll.In | Epoll.PeerHangUp)) != 0,
                output: over || (flags & Epoll.Out) != 0,
                hungUp: over || (flags & Epoll.PeerHangUp) != 0);
        }
    }
}
