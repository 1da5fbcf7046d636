using System.Net;
using System.Net.Sockets;
using Akka.Event;

namespace Akka.Mqtt.Logs;

/// <summary>
/// Decides which refusals (failed logins, broken packets, failed TLS handshakes) get a line of their own in the log. An address gets few lines in
/// a window, all addresses together somewhat more; the others are counted and summed up when the window ends: by the next refusal, or by a timer.
/// What is kept is bounded: addresses that do not fit are counted together. Thread-safe.
/// </summary>
/// <param name="clock">The clock of the windows.</param>
internal sealed class RefusalLog(TimeProvider clock)
{
    public const int LinesPerAddress = 5;
    public const int LinesInAll = 50;
    public const int MaxAddresses = 1024;
    public const int MaxSummaries = 20;

    public static readonly TimeSpan Window = TimeSpan.FromSeconds(10);

    private static readonly IPAddress NoAddress = IPAddress.None; // unix sockets, pipes, streams

    private readonly Lock _lock = new();
    private readonly Dictionary<IPAddress, Count> _addresses = [];
    private long _began = clock.GetTimestamp();
    private int _lines;
    private long _elsewhere;
    private ITimer? _summary;

    /// <summary>Whether a refusal gets a line of its own now; if not, it is counted.</summary>
    /// <param name="from">The address of the peer; null for none.</param>
    /// <param name="log">Takes the summary of a window that has ended.</param>
    public bool Admits(EndPoint? from, ILoggingAdapter log)
    {
        Report(log);
        var address = Network(from);
        lock (_lock)
        {
            if (!_addresses.TryGetValue(address, out var count) && _addresses.Count >= MaxAddresses)
            {
                _elsewhere++;
                SummarizeLater(log);
                return false;
            }
            if (count.Lines >= LinesPerAddress || _lines >= LinesInAll)
            {
                _addresses[address] = count with { More = count.More + 1 };
                SummarizeLater(log);
                return false;
            }
            _lines++;
            _addresses[address] = count with { Lines = count.Lines + 1 };
            return true;
        }
    }

    /// <summary>Writes the summary of a window that has ended.</summary>
    public void Report(ILoggingAdapter log)
    {
        List<(IPAddress Address, long More)>? ended = null;
        long elsewhere;
        lock (_lock)
        {
            if (clock.GetElapsedTime(_began) < Window)
                return;
            _began = clock.GetTimestamp();
            elsewhere = _elsewhere;
            foreach (var (address, count) in _addresses)
            {
                if (count.More > 0)
                    (ended ??= []).Add((address, count.More));
            }
            _addresses.Clear();
            (_lines, _elsewhere) = (0, 0);
            _summary?.Dispose();
            _summary = null;
        }
        ended?.Sort(static (left, right) => right.More.CompareTo(left.More));
        for (var at = 0; at < ended?.Count; at++)
        {
            if (at < MaxSummaries)
                log.Warning("{Count} more refusals from {Address} within {Seconds} s", ended[at].More, Show(ended[at].Address), Window.TotalSeconds);
            else
                elsewhere += ended[at].More;
        }
        if (elsewhere > 0)
            log.Warning("{Count} more refusals from other addresses within {Seconds} s", elsewhere, Window.TotalSeconds);
    }

    /// <summary>After a flood nobody may come who would bring the summary with it. Called under the lock.</summary>
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
            Window); // again, should its clock be behind; Report ends it
    }

    /// <summary>Whoever has one address of IPv6 has a whole /64 of them.</summary>
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

    private readonly record struct Count(int Lines, long More);
}
