using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Akka.Mqtt.Transport;

/// <summary>
/// The file descriptors of this process. They must never run out. .NET opens a pipe for each thread that it starts, and ends the process
/// with "Out of memory" when the thread pool cannot start one. An assembly that could not be opened once is never loaded. So accepting
/// stops while a reserve is left. The system assigns the lowest free number, so the number of a new descriptor shows how many are open.
/// Thread safe.
/// </summary>
internal static class Descriptors
{
    private const int OpenFilesOnLinux = 7;
    private const int OpenFilesElsewhere = 8;

    private static volatile bool _short;

    /// <summary>The highest number of descriptors that this process may open; null when there is no limit or it is unknown.</summary>
    public static int? Limit { get; } = ReadLimit();

    /// <summary>
    /// Descriptors that accepted connections leave for threads, assemblies, logs, files and dialled connections: an eighth of the limit,
    /// 32 to 256.
    /// </summary>
    public static int Reserve { get; } = Limit is { } limit ? Math.Clamp(limit / 8, 32, 256) : 0;

    /// <summary>
    /// How many more connections may be accepted until the reserve is reached; at least 1. Null when the limit is unknown.
    /// </summary>
    public static int? MostConnections => Limit is { } limit && CountOpen() is { } open ? Math.Max(1, limit - Reserve - open) : null;

    /// <summary>Whether an error means that no descriptor was left, or that the kernel had no memory for one.</summary>
    public static bool AreExhausted(SocketError error) => error is SocketError.TooManyOpenSockets or SocketError.NoBufferSpaceAvailable;

    /// <summary>Checks the number of an accepted socket: when it is in the reserve, <see cref="AreShort"/> becomes true.</summary>
    public static void Accepted(Socket socket)
    {
        if (Limit is { } limit && socket.Handle >= limit - Reserve)
            _short = true;
    }

    /// <summary>Whether a socket that we dial would leave too few; dialling may use half of the reserve.</summary>
    public static bool IsTooHighToDial(Socket socket) => Limit is { } limit && socket.Handle >= limit - (Reserve / 2);

    /// <summary>Notes that no descriptor was left.</summary>
    public static void WereExhausted() => _short = true;

    /// <summary>
    /// Whether to stop accepting for now. Returns false again when some descriptors below the reserve are free.
    /// </summary>
    public static bool AreShort() => _short && (_short = CountOpen() is not { } open || open >= Limit - Reserve - (Reserve / 4));

    /// <summary>
    /// How many descriptors are open, at least: all numbers below the lowest free one are in use. Null when that is unknown, or none is
    /// free.
    /// </summary>
    private static int? CountOpen()
    {
        if (OperatingSystem.IsWindows())
            return null;
        try
        {
            using var probe = File.OpenHandle("/dev/null", FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            return (int)probe.DangerousGetHandle();
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static int? ReadLimit()
    {
        if (OperatingSystem.IsWindows())
            return null;
        try
        {
            var resource = OperatingSystem.IsLinux() ? OpenFilesOnLinux : OpenFilesElsewhere;
            return getrlimit(resource, out var limit) == 0 && limit.Current <= int.MaxValue ? (int)limit.Current : null;
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            return null;
        }
    }

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int getrlimit(int resource, out ResourceLimit limit);

    [StructLayout(LayoutKind.Sequential)]
    private readonly struct ResourceLimit
    {
        public readonly nuint Current;
        public readonly nuint Most;
    }
}
