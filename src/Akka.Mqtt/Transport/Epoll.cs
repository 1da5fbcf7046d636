using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Akka.Mqtt.Transport;

/// <summary>The part of epoll(7) that an <see cref="EpollLoop"/> needs.</summary>
internal static class Epoll
{
    public const uint In = 0x001;
    public const uint Out = 0x004;
    public const uint Error = 0x008;
    public const uint HangUp = 0x010;
    public const uint PeerHangUp = 0x2000;
    public const uint EdgeTriggered = 1u << 31;

    private const int CloseOnExec = 0x80000;
    private const int ControlAdd = 1;
    private const int ControlRemove = 2;
    private const int Interrupted = 4;

    // struct epoll_event: 32 bits of events, 64 of data, without padding between them on x86.
    private static readonly int EventSize = RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.X86 ? 12 : 16;

    /// <summary>Whether this system supports epoll.</summary>
    public static bool IsSupported { get; } = OperatingSystem.IsLinux() && BitConverter.IsLittleEndian;

    /// <summary>Creates an epoll descriptor, which watches others.</summary>
    public static int Create()
    {
        var epoll = epoll_create1(CloseOnExec);
        return epoll >= 0 ? epoll : throw new InvalidOperationException($"epoll_create1: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    /// <summary>Closes the descriptor of <see cref="Create"/>.</summary>
    public static void Close(int epoll) => _ = close(epoll);

    /// <summary>
    /// Watches a descriptor, with a number that identifies it, until it is closed. Returns false when the kernel cannot watch another one.
    /// </summary>
    public static bool TryAdd(int epoll, int descriptor, uint events, int number)
    {
        Span<byte> added = stackalloc byte[16];
        BinaryPrimitives.WriteUInt32LittleEndian(added, events);
        BinaryPrimitives.WriteInt64LittleEndian(added[(EventSize - 8)..], number);
        return epoll_ctl(epoll, ControlAdd, descriptor, ref MemoryMarshal.GetReference(added)) == 0;
    }

    /// <summary>Stops watching a descriptor.</summary>
    public static void Remove(int epoll, int descriptor)
    {
        Span<byte> unused = stackalloc byte[16];
        _ = epoll_ctl(epoll, ControlRemove, descriptor, ref MemoryMarshal.GetReference(unused));
    }

    /// <summary>An array for a number of events.</summary>
    public static byte[] CreateEvents(int count) => GC.AllocateArray<byte>(count * EventSize, pinned: true);

    /// <summary>Waits for events, and returns their number.</summary>
    /// <param name="epoll">The descriptor of <see cref="Create"/>.</param>
    /// <param name="events">Receives the events.</param>
    /// <param name="milliseconds">The longest wait in milliseconds; -1 for no limit.</param>
    /// <param name="most">The highest number of events to take, if they fit into the array.</param>
    public static int Wait(int epoll, byte[] events, int milliseconds, int most = int.MaxValue)
    {
        while (true)
        {
            var count = epoll_wait(epoll, Marshal.UnsafeAddrOfPinnedArrayElement(events, 0), Math.Min(most, events.Length / EventSize), milliseconds);
            if (count >= 0)
                return count;
            if (Marshal.GetLastPInvokeError() != Interrupted)
                throw new InvalidOperationException($"epoll_wait: {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }

    /// <summary>One of the events that arrived, and the number of its descriptor.</summary>
    public static (uint Events, int Number) Get(byte[] events, int index)
    {
        var at = events.AsSpan(index * EventSize, EventSize);
        return (BinaryPrimitives.ReadUInt32LittleEndian(at), (int)BinaryPrimitives.ReadInt64LittleEndian(at[(EventSize - 8)..]));
    }

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int epoll_create1(int flags);

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int epoll_ctl(int epoll, int operation, int descriptor, ref byte added);

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int epoll_wait(int epoll, nint events, int count, int timeout);

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int close(int descriptor);
}
