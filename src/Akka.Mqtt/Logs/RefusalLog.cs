using System.Net;
using System.Net.Sockets;
using Akka.Event;

namespace Akka.Mqtt.Logs;

/// <summary>
/// Decides which refusals (failed logins, broken packets, failed TLS handshakes) get a line of their own in the log. Within a window, an
/// address gets a few lines of each kind, and all addresses together get somewhat more. The other refusals are counted. When the window
/// ends, by the next refusal or a timer, they are summed up in one line of the same level. Memory is bounded: addresses that do not fit
/// are counted together. Thread safe.
/// </summary>
/// <param name="clock">The clock of the windows.</param>
internal sealed class RefusalLog(TimeProvider clock)
{
    public const int LinesPerAddress = 5;
    public const int LinesInAll = 50;
    public const int MaxAddresses = 1024;
    public const int MaxSummaries = 20;

    public static readonly TimeSpan Window = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan Retry = TimeSpan.FromMilliseconds(100);

    private static readonly IPAddress NoAddress = IPAddress.None; // unix sockets, pipes, streams

    private readonly Lock _lock = new();
    private readonly Tally?[] _tallies = new Tally?[RefusalKinds.Count];
    private long _began = clock.GetTimestamp();
    private ITimer? _summary;

    /// <summary>The level at which to log a refusal: that of its kind, or DEBUG when it is counted and summed up instead.</summary>
    /// <param name="kind">What is refused.</param>
    /// <param name="from">The address of the peer; null for none.</param>
    /// <param name="log">Receives the summary of a window that has ended.</param>
    public LogLevel Level(RefusalKind kind, EndPoint? from, ILoggingAdapter log)
    {
        Report(log);
        lock (_lock)
        {
            if ((_tallies[(int)kind] ??= new Tally()).Admits(Network(from)))
                return kind.Level();
            SummarizeLater(log);
            return LogLevel.DebugLevel;
        }
    }

    /// <summary>Writes the summary of a window that has ended.</summary>
    public void Report(ILoggingAdapter log)
    {
        Tally?[] ended;
        lock (_lock)
        {
            if (clock.GetElapsedTime(_began) < Window)
                return;
            _began = clock.GetTimestamp();
            ended = [.. _tallies];
            Array.Clear(_tallies);
            _summary?.Dispose();
            _summary = null;
        }
        for (var at = 0; at < ended.Length; at++)
            ended[at]?.Report((RefusalKind)at, log);
    }

    /// <summary>Starts a timer for the summary, because after a flood no further refusal may arrive. Called under the lock.</summary>
    private void SummarizeLater(ILoggingAdapter log)
    {
        if (_summary is not null)
            return;
        var left = Window - clock.GetElapsedTime(_began);
        _summary = clock.CreateTimer(
            static state =>
            {
                var (refusals, log) = ((RefusalLog, ILoggingAdapter))state!;
                refusals.Report(log);
            },
            (this, log),
            left > TimeSpan.Zero ? left : TimeSpan.Zero,
            Retry); // a timer may fire some milliseconds before the window ends by the clock; Report then ends it
    }

    /// <summary>The network by which an address is counted. The owner of one IPv6 address usually has the whole /64 network.</summary>
    private static IPAddress Network(EndPoint? from)
    {
        if (from is not IPEndPoint { Address: var address })
            return NoAddress;
        if (address.IsIPv4MappedToIPv6)
            return address.MapToIPv4();
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
            return address;
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        bytes[8..].Clear();
        return new IPAddress(bytes);
    }

    private static string Show(IPAddress address) =>
        ReferenceEquals(address, NoAddress) ? "local peers"
        : address.AddressFamily == AddressFamily.InterNetworkV6 ? $"{address}/64"
        : address.ToString();

    /// <summary>The refusals of one kind within a window. Not thread safe.</summary>
    private sealed class Tally
    {
        private readonly Dictionary<IPAddress, Count> _addresses = [];
        private int _lines;
        private long _elsewhere;

        /// <summary>Whether a refusal gets a line of its own; if not, counts it.</summary>
        public bool Admits(IPAddress address)
        {
            if (!_addresses.TryGetValue(address, out var count) && _addresses.Count >= MaxAddresses)
            {
                _elsewhere++;
                return false;
            }
            if (count.Lines >= LinesPerAddress || _lines >= LinesInAll)
            {
                _addresses[address] = count with { More = count.More + 1 };
                return false;
            }
            _lines++;
            _addresses[address] = count with { Lines = count.Lines + 1 };
            return true;
        }

        public void Report(RefusalKind kind, ILoggingAdapter log)
        {
            var flooders = _addresses.Where(each => each.Value.More > 0).OrderByDescending(each => each.Value.More).ToList();
            var others = _elsewhere + flooders.Skip(MaxSummaries).Sum(each => each.Value.More);
            foreach (var (address, count) in flooders.Take(MaxSummaries))
                Write(count.More, Show(address));
            if (others > 0)
                Write(others, "other addresses");

            void Write(long count, string from) =>
                log.Write(kind.Level(), null, "{Count} more {Refusals} from {Address} within {Seconds} s", count, kind.Plural(), from, Window.TotalSeconds);
        }
    }

    private readonly record struct Count(int Lines, long More);
}
