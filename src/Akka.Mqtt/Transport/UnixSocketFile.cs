using System.Net.Sockets;

namespace Akka.Mqtt.Transport;

/// <summary>The file that a unix socket leaves behind when its process dies.</summary>
internal static class UnixSocketFile
{
    /// <summary>Removes the file of a socket that nobody listens on; false leaves it: it is in use, or it is no socket.</summary>
    public static bool RemoveIfStale(UnixDomainSocketEndPoint address)
    {
        var path = address.ToString();
        if (!File.Exists(path) || CanBeOpened(path) || IsListening(address))
            return false;
        File.Delete(path);
        return true;
    }

    /// <summary>A socket cannot be opened as a file; a file of the user, which must not be removed, can.</summary>
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
    /// Whether a socket has this name still. A datagram socket asks: a stream socket does not take it, and so does not see it either, whereas
    /// another stream socket would be a client to its owner. Windows knows no such thing.
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
