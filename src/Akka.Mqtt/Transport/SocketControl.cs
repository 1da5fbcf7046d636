using System.Net.Sockets;

namespace Akka.Mqtt.Transport;

/// <summary>Half-close and reset of a socket.</summary>
internal sealed class SocketControl(Socket socket) : StreamControl
{
    public override bool WaitsOnEmptyRead => true;

    public override ValueTask<bool> ShutdownOutputAsync(CancellationToken cancellationToken)
    {
        try
        {
            socket.Shutdown(SocketShutdown.Send);
            return new ValueTask<bool>(true);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return new ValueTask<bool>(false);
        }
    }

    public override void Abort() => Reset(socket);

    /// <summary>Closes a socket with RST instead of FIN.</summary>
    public static void Reset(Socket socket)
    {
        try
        {
            socket.LingerState = new LingerOption(enable: true, seconds: 0);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or PlatformNotSupportedException)
        {
            // A unix socket, or one that is already closed: closing is all that is possible.
        }

        socket.Dispose();
    }
}
