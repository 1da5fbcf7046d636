using System.Net.Sockets;

namespace Akka.Mqtt.Transport;

/// <summary>Describes in one sentence why a transport failed, by the innermost cause that a reader can understand.</summary>
internal static class TransportErrors
{
    public static string Describe(Exception error)
    {
        for (var e = error; e is not null; e = e.InnerException)
        {
            if (e is TransportException named)
                return named.Message;
            if (e is SocketException socket)
                return Describe(socket);
            if (Alert(e.Message) is { } alert)
                return alert;
        }

        return error is ObjectDisposedException ? "The stream was disposed." : (error.InnerException ?? error).Message;
    }

    private static string Describe(SocketException e) => e.SocketErrorCode switch
    {
        SocketError.ConnectionReset => "The peer reset the connection.",
        SocketError.ConnectionRefused => "The connection was refused: nothing listens there.",
        SocketError.HostNotFound or SocketError.NoData => "The host name does not resolve.",
        SocketError.TryAgain => "The host name could not be resolved now: the name server does not answer.",
        SocketError.AddressAlreadyInUse => "The address is in use.",
        SocketError.AccessDenied => "Permission was denied.",
        SocketError.AddressNotAvailable => "The address is not one of this machine, or there is nothing under this name.",
        SocketError.TimedOut => "The peer does not answer.",
        SocketError.TooManyOpenSockets => "Too few file descriptors are left (ulimit -n).",
        _ => e.Message,
    };

    /// <summary>TLS alerts of the peer, in the wording of OpenSSL and SChannel.</summary>
    private static string? Alert(string message)
    {
        if (message.Contains("certificate required", StringComparison.OrdinalIgnoreCase))
            return "The peer ended TLS: it requires a client certificate, and none was presented.";
        var at = message.IndexOf(" alert ", StringComparison.OrdinalIgnoreCase);
        if (at < 0 || !message.Contains("SSL", StringComparison.OrdinalIgnoreCase))
            return null;
        return $"The peer ended TLS with the alert '{message[(at + " alert ".Length)..].Trim()}'.";
    }
}
