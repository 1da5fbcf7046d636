using System.Net.Sockets;

namespace Akka.Mqtt.Transport;

/// <summary>Handles the file that a unix socket leaves behind when its process ends without closing it.</summary>
internal static class UnixSocketFile
{
    /// <summary>Removes the file of a socket without a listener. Returns false when it is left: it is in use, or is not a socket.</summary>
    public static bool RemoveIfStale(UnixDomainSocketEndPoint address)
    {
        var path = address.ToString();
        if (!File.Exists(path) || CanBeOpened(path) || IsListening(address))
            return false;
        File.Delete(path);
        return true;
    }

    /// <summary>Whether the file can be opened. A socket cannot; a file of the user, which must not be removed, can.</summary>
    private static bool CanBeOpened(string path)
    {
        try
        {
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            return true;
        }
        catch (UnauthorizedAccessException)
        {
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>
    /// Whether a socket still has this name. Asks with a datagram socket, which a stream socket refuses without noticing; another stream
    /// socket would be a client for the owner. Windows has no datagram unix sockets.
    /// </summary>
    private static bool IsListening(UnixDomainSocketEndPoint address)
    {
        using var socket = OperatingSystem.IsWindows()
            ? SocketDialer.Create(address)
            : new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        try
        {
            socket.Connect(address);
            return true;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode != SocketError.ConnectionRefused;
        }
    }
}
