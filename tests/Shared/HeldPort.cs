using System.Net;
using System.Net.Sockets;

namespace Akka.Mqtt;

/// <summary>
/// A TCP port of 127.0.0.1 that the system gives to nobody else until it is disposed, for tests that must know a port before somebody listens there. A port that is found free
/// and let go may be somebody else's a moment later: test projects run side by side, and each of their connections takes a port of the same range.
/// </summary>
internal sealed class HeldPort : IDisposable
{
    private readonly Socket _socket;

    private HeldPort(int port)
    {
        _socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            _socket.Bind(new IPEndPoint(IPAddress.Loopback, port)); // with SO_REUSEADDR, which .NET sets
        }
        catch
        {
            _socket.Dispose();
            throw;
        }
        EndPoint = (IPEndPoint)_socket.LocalEndPoint!;
    }

    public int Port => EndPoint.Port;

    public IPEndPoint EndPoint { get; }

    /// <summary>A port where nobody listens: each connection is refused.</summary>
    public static HeldPort Refusing() => new(0);

    /// <summary>
    /// A port where whoever knows it can listen. On Linux a bound socket that does not listen keeps a port from those who ask the system for any, and not from those who ask for
    /// this one with SO_REUSEADDR. Other systems allow only one of the two, so that the port is let go there.
    /// </summary>
    public static HeldPort ToListenOn() => ToListenOn(0);

    /// <summary>The same with ports in a row.</summary>
    public static Row RowToListenOn(int count)
    {
        while (true)
        {
            var row = new List<HeldPort> { ToListenOn() };
            try
            {
                while (row.Count < count)
                    row.Add(ToListenOn(row[0].Port + row.Count));
                return new(row);
            }
            catch (Exception e) when (e is SocketException or ArgumentOutOfRangeException)
            {
                row.ForEach(each => each.Dispose()); // somebody has the next one, or there is none
            }
        }
    }

    public void Dispose() => _socket.Dispose();

    private static HeldPort ToListenOn(int port)
    {
        var held = new HeldPort(port);
        if (!OperatingSystem.IsLinux())
            held.Dispose();
        return held;
    }

    /// <summary>Ports in a row.</summary>
    public sealed class Row(List<HeldPort> ports) : IDisposable
    {
        public int First => ports[0].Port;

        public void Dispose() => ports.ForEach(each => each.Dispose());
    }
}
