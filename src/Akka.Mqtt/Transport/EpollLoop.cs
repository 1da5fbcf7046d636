using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using Akka.Mqtt.Dispatch;

namespace Akka.Mqtt.Transport;

/// <summary>
/// A thread that waits until sockets are ready, sends messages to their connections, and runs these and the actors that they wake before
/// it waits again (docs/adr/0015). The process has up to one loop per core; each is created for its first socket and lives as long as the
/// process. All sockets that are ready at the same time are served together, so that a subscriber of several publishers gets one write.
/// When this is much data, they are served one by one. The first loop serves the sockets of all loops as long as it is not busy, in the
/// order in which they become ready (docs/adr/0020).
/// </summary>
internal sealed class EpollLoop
{
    private const int MostEvents = 8;

    /// <summary>
    /// Bytes that one round may receive. Above it, the next round serves its sockets one by one, because so many bytes would be evicted
    /// from the cache of the core before they are sent.
    /// </summary>
    private const int LargeRound = 256 * 1024;

    private const uint Watched = Epoll.In | Epoll.Out | Epoll.PeerHangUp | Epoll.EdgeTriggered;

    /// <summary>How long a loop measures whether it has enough work for a thread of its own, in milliseconds.</summary>
    private const int Window = 10;

    /// <summary>How long one round of the first loop may take before the other loops take their sockets back, in milliseconds.</summary>
    private const int Stuck = 50;

    // During a shorter wait the thread did not sleep, or hardly.
    private static readonly long Asleep = Stopwatch.Frequency / 50_000;

    // When it has not slept for this time, the first loop is busy.
    private static readonly long Busy = Stopwatch.Frequency / 1_000;

    private static readonly EpollLoop?[] Loops = new EpollLoop?[Environment.ProcessorCount];
    private static readonly Lock Registering = new();

    // By descriptor. An event of a closed socket may be reported to the next socket with that number, which then reads and finds nothing.
    private static ReadinessSocketPort?[] _ports = new ReadinessSocketPort?[256];
    private static int _next;

    private readonly int _number;
    private readonly int _epoll = Epoll.Create();
    private readonly byte[] _events = Epoll.CreateEvents(MostEvents);
    private readonly byte[] _eventsOfOther = Epoll.CreateEvents(MostEvents);
    private readonly Lock _lending = new();
    private readonly AutoResetEvent? _takenBack;
    private bool _isLent; // whether the first loop serves its sockets
    private bool _oneByOne;
    private volatile int _rounds; // odd while a round is in progress

    private EpollLoop(int number)
    {
        _number = number;
        try
        {
            if (number > 0)
            {
                _takenBack = new AutoResetEvent(false);
                TryLend();
            }

            // Its actors belong to several actor systems, so it runs without an execution context.
            new Thread(number == 0 ? RunFirst : Run) { IsBackground = true, Name = $"akka.mqtt sockets {number}" }.UnsafeStart();
        }
        catch
        {
            Epoll.Close(_epoll);
            throw;
        }
    }

    /// <summary>The number of loops besides the first one.</summary>
    internal static int Others => Loops.Count(each => each is not null) - 1;

    /// <summary>How many of them have their sockets served by the first loop.</summary>
    internal static int Lent => Loops.Count(each => each is { _isLent: true });

    /// <summary>Creates the first loop, so that it exists even when few descriptors are left later.</summary>
    public static void Prepare()
    {
        if (!Epoll.IsSupported)
            return;
        lock (Registering)
            TryNext(out _);
    }

    /// <summary>Watches a socket from now on. Input that is already available is reported too.</summary>
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

        if (!Epoll.TryAdd(loop._epoll, descriptor, Watched, descriptor))
            port.Refused();
    }

    /// <summary>Call it before the descriptor is closed; the kernel then stops watching it.</summary>
    public static void Remove(ReadinessSocketPort port, int descriptor)
    {
        lock (Registering)
        {
            if (ReferenceEquals(_ports[descriptor], port))
                _ports[descriptor] = null;
        }
    }

    /// <summary>
    /// Returns the loops in turn; each is created when it is first its turn. If no descriptor or thread is available for a new one,
    /// another loop takes its sockets. Returns false when there is no loop at all; a later call may succeed.
    /// </summary>
    private static bool TryNext([NotNullWhen(true)] out EpollLoop? loop)
    {
        var number = Loops[0] is null ? 0 : (int)((uint)++_next % (uint)Loops.Length);
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

    /// <summary>Gives one loop its own sockets back, because the first loop is busy.</summary>
    private static void GiveBackOne()
    {
        for (var number = 1; number < Loops.Length; number++)
        {
            if (Volatile.Read(ref Loops[number]) is { } loop && loop.TakeBack())
                return;
        }
    }

    private void RunFirst()
    {
        while (Loops.Length == 1) // no other loop to give sockets back to
            Serve(Epoll.Wait(_epoll, _events, -1));
        var awake = Stopwatch.GetTimestamp(); // since when
        while (true)
        {
            var before = Stopwatch.GetTimestamp();
            var count = Epoll.Wait(_epoll, _events, -1);
            var now = Stopwatch.GetTimestamp();
            if (now - before > Asleep)
            {
                awake = now;
            }
            else if (now - awake > Busy)
            {
                GiveBackOne();
                awake = now;
            }

            Serve(count);
        }
    }

    private void Run()
    {
        while (true)
        {
            if (_isLent)
                AwaitTakenBack();
            var (started, slept) = (Stopwatch.GetTimestamp(), 0L);
            while (true)
            {
                var before = Stopwatch.GetTimestamp();
                var count = Epoll.Wait(_epoll, _events, Window);
                var now = Stopwatch.GetTimestamp();
                slept += now - before;
                if (count > 0)
                    Serve(count);
                if (now - started < Window * Stopwatch.Frequency / 1000)
                    continue;
                if (slept > (now - started) * 4 / 5 && TryLend())
                    break;
                (started, slept) = (now, 0);
            }
        }
    }

    /// <summary>
    /// Waits until the first loop is busy. Checks at intervals whether user code blocks it; if so, all loops take their sockets back.
    /// </summary>
    private void AwaitTakenBack()
    {
        var first = Loops[0]!;
        var rounds = first._rounds;
        while (!_takenBack!.WaitOne(Stuck * _number))
        {
            var before = rounds;
            rounds = first._rounds;
            for (var number = 1; rounds == before && (rounds & 1) == 1 && number < Loops.Length; number++)
                Volatile.Read(ref Loops[number])?.TakeBack();
        }
    }

    /// <summary>Makes the first loop watch the sockets of this one, unless the first loop is busy.</summary>
    private bool TryLend()
    {
        var first = Loops[0]!;
        lock (_lending)
        {
            // Under the negative number of this loop, which no socket has.
            _isLent = (first._rounds & 1) == 0 && Epoll.TryAdd(first._epoll, _epoll, Epoll.In, -_number);
            if (!_isLent)
                return false;
        }

        return true;
    }

    /// <summary>Makes this loop serve its own sockets again. The first loop still handles the events that it has already taken.</summary>
    private bool TakeBack()
    {
        lock (_lending)
        {
            if (!_isLent)
                return false;
            _isLent = false;
            Epoll.Remove(Loops[0]!._epoll, _epoll);
        }

        _takenBack!.Set();
        return true;
    }

    private void Serve(int count)
    {
        _rounds++;
        var together = _oneByOne ? 1 : count;
        for (var first = 0; first < count; first += together)
            RunQueue.RunWith(this, static (loop, events) => loop.SignalPorts(events), new Range(first, first + together));
        _oneByOne = SocketPort.TakeReceivedByThread() > LargeRound;
        _rounds++;
    }

    private void SignalPorts(Range events)
    {
        for (var i = events.Start.Value; i < events.End.Value; i++)
        {
            var (flags, number) = Epoll.Get(_events, i);
            if (number < 0)
                SignalOther(Loops[-number]!);
            else
                SignalPort(flags, number);
        }
    }

    /// <summary>Handles the events of another loop. Events that are not taken now are reported again.</summary>
    private void SignalOther(EpollLoop other)
    {
        var count = Epoll.Wait(other._epoll, _eventsOfOther, 0, _oneByOne ? 1 : MostEvents);
        for (var i = 0; i < count; i++)
        {
            var (flags, descriptor) = Epoll.Get(_eventsOfOther, i);
            SignalPort(flags, descriptor);
        }
    }

    private static void SignalPort(uint flags, int descriptor)
    {
        if (Volatile.Read(ref _ports)[descriptor] is not { } port)
            return;
        var over = (flags & (Epoll.Error | Epoll.HangUp)) != 0;
        port.Ready(
            input: over || (flags & (Epoll.In | Epoll.PeerHangUp)) != 0,
            output: over || (flags & Epoll.Out) != 0,
            hungUp: over || (flags & Epoll.PeerHangUp) != 0);
    }
}
