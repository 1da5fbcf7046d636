using System.Net;
using System.Net.Sockets;

namespace Akka.Mqtt.Transport;

/// <summary>
/// Named pipes on systems where .NET implements them with unix sockets. We open these sockets ourselves, at the path that .NET uses. The
/// pipe streams of .NET have no half-close, and .NET listens until the last accepted pipe of a name is closed.
/// </summary>
internal static class UnixPipe
{
    public static async Task<StreamLink> DialAsync(NamedPipeEndPoint address, CancellationToken cancellationToken)
    {
        try
        {
            var socket = await SocketDialer.ConnectAsync(SocketOf(address), null, MqttSocketOptions.Default, cancellationToken).ConfigureAwait(false);
            var link = SocketListener.Link(socket, MqttTransport.NamedPipe);
            return link with { Info = new TransportInfo(MqttTransport.NamedPipe) { RemoteAddress = address } };
        }
        catch (Exception e) when (e is TransportException { InnerException: SocketException } or ArgumentException or NotSupportedException)
        {
            var cause = e is TransportException ? e.InnerException! : e;
            var nothing = cause is SocketException { SocketErrorCode: SocketError.AddressNotAvailable or SocketError.ConnectionRefused };
            var reason = nothing ? "Nothing listens on this name." : TransportErrors.Describe(cause);
            throw new TransportException(CommandFailure.ConnectFailed, $"Could not connect to {address}: {reason}", cause);
        }
    }

    public static IStreamListener Bind(NamedPipeEndPoint address, int backlog) =>
        new Listener(address, SocketListener.Bind(SocketOf(address), MqttTransport.NamedPipe, backlog, MqttSocketOptions.Default));

    private static UnixDomainSocketEndPoint SocketOf(NamedPipeEndPoint address)
    {
        if (address.ServerName != "." && address.ServerName != System.Net.Dns.GetHostName())
            throw new NotSupportedException("Named pipes of other machines are Windows's.");
        if (Path.IsPathRooted(address.PipeName))
            return new UnixDomainSocketEndPoint(address.PipeName);
        return address.PipeName.Contains('/', StringComparison.Ordinal)
            ? throw new NotSupportedException("The name of a pipe is a file name, or a whole path.")
            : new UnixDomainSocketEndPoint(Path.Combine(Path.GetTempPath(), "CoreFxPipe_" + address.PipeName));
    }

    private sealed class Listener(NamedPipeEndPoint address, SocketListener sockets) : IStreamListener
    {
        public EndPoint LocalAddress => address;

        public async ValueTask<Func<CancellationToken, Task<StreamLink>>> AcceptAsync(CancellationToken cancellationToken)
        {
            var socket = await sockets.AcceptSocketAsync(cancellationToken).ConfigureAwait(false);
            var link = SocketListener.Link(socket, MqttTransport.NamedPipe);
            return _ => Task.FromResult(link with { Info = new TransportInfo(MqttTransport.NamedPipe) { LocalAddress = address } });
        }

        public ValueTask DisposeAsync() => sockets.DisposeAsync();
    }
}
