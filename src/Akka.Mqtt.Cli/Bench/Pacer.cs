using System.Diagnostics;
using System.Runtime.InteropServices;
using Akka.Actor;

namespace Akka.Mqtt.Cli.Bench;

/// <summary>
/// The clock of open loop. It reports to publishers how many of their messages are due, independent of earlier ones. Message n of all publishers is due n /
/// rate after the start, and belongs to publisher n mod count. It has its own thread, because timers are too coarse.
/// </summary>
internal sealed class Pacer : IDisposable
{
    private readonly BenchOptions _options;
    private readonly IReadOnlyList<IActorRef> _publishers;
    private readonly long _began;
    private readonly Thread _thread;
    private volatile bool _disposed;

    public Pacer(BenchOptions options, IReadOnlyList<IActorRef> publishers, long began)
    {
        _options = options;
        _began = began;
        _publishers = publishers;
        _thread = new Thread(Run) { IsBackground = true, Name = "pacer" };
        _thread.Start();
    }

    /// <summary>The time at which a publisher should send the message with this number, from 0.</summary>
    public static long TimeOf(BenchOptions options, long began, int publisher, long number) =>
        Time(options, began, (number * options.Pubs) + publisher);

    public void Dispose()
    {
        _disposed = true;
        _thread.Join();
    }

    private static long Time(BenchOptions options, long began, long number) =>
        began + (long)(number / options.Rate!.Value * Stopwatch.Frequency);

    private void Run()
    {
        long told = 0;
        while (!_disposed)
        {
            var now = Stopwatch.GetTimestamp();
            var due = (long)((now - _began) * _options.Rate!.Value / Stopwatch.Frequency) + 1;
            for (var number = Math.Max(told, due - _publishers.Count); number < due; number++)
            {
                var publisher = (int)(number % _publishers.Count);
                _publishers[publisher].Tell(new PublisherActor.Due((number / _publishers.Count) + 1));
            }
            told = due;
            // At most a tenth of a second, so that the end is noticed.
            var wait = Math.Min(Stamp.Nanoseconds(Stopwatch.GetTimestamp(), Time(_options, _began, due)), 100_000_000);
            if (wait > 0)
                Sleep(wait);
        }
    }

    /// <summary>Sleeps for less than the millisecond that <see cref="Thread.Sleep(int)"/> rounds up to, where the system can.</summary>
    private static void Sleep(long nanoseconds)
    {
        if (OperatingSystem.IsLinux())
        {
            var span = new TimeSpec(0, (nint)nanoseconds);
            _ = NanoSleep(in span, 0);
        }
        else if (nanoseconds > 2_000_000)
        {
            Thread.Sleep(1);
        }
        else
        {
            Thread.Yield();
        }
    }

    [DllImport("libc", EntryPoint = "nanosleep")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int NanoSleep(in TimeSpec requested, nint remaining);

    [StructLayout(LayoutKind.Sequential)]
    private readonly struct TimeSpec(nint seconds, nint nanoseconds)
    {
        private readonly nint _seconds = seconds;
        private readonly nint _nanoseconds = nanoseconds;
    }
}
