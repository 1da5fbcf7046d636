using System.Net;
using System.Net.Sockets;

namespace Akka.Mqtt.Transport;

/// <summary>Dials and listens for the transports that are streams, which are all except plain sockets.</summary>
internal static class StreamTransport
{
    /// <summary>Whether an end point, with or without TLS, is a plain socket and therefore not a stream.</summary>
    public static bool IsSocket(EndPoint address, bool tls) => !tls && (address is IPEndPoint or DnsEndPoint or UnixDomainSocketEndPoint);

    /// <summary>Opens a stream, including handshakes.</summary>
    /// <exception cref="TransportException">It failed; the message contains the reason. Nothing is left open.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static async Task<StreamLink> DialAsync(
        Mqtt.Connect connect, MqttConnectionSettings settings, InMemoryNetwork network, CancellationToken cancellationToken)
    {
        var timeout = connect.Timeout ?? settings.DialTimeout;
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(timeout);
        try
        {
            if (connect.RemoteAddress is UriEndPoint uri)
                return await WebSocketTransport.DialAsync(uri, connect, deadline.Token).ConfigureAwait(false);
            var link = await OpenAsync(connect, network, deadline.Token).ConfigureAwait(false);
            return connect.Tls is { } tls ? await TlsUpgrade.AsClientAsync(link, tls, connect.RemoteAddress, deadline.Token).ConfigureAwait(false) : link;
        }
        catch (Exception e) when (deadline.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw TransportException.TookTooLong(connect.RemoteAddress, timeout, e);
        }
    }

    /// <summary>Binds a listener.</summary>
    /// <exception cref="TransportException">It failed; the message contains the reason. Nothing is left open.</exception>
    public static IStreamListener Bind(Mqtt.Bind bind, MqttConnectionSettings settings, InMemoryNetwork network)
    {
        try
        {
            bind.Tls?.Validate();
            IStreamListener listener = bind.LocalAddress switch
            {
                InMemoryEndPoint name => network.Bind(name, bind.Backlog),
                NamedPipeEndPoint pipe => NamedPipeTransport.Bind(pipe, bind.Backlog),
                UnixDomainSocketEndPoint unix => SocketListener.Bind(unix, MqttTransport.UnixSocket, bind.Backlog, bind.SocketOptions),
                IPEndPoint ip => SocketListener.Bind(ip, MqttTransport.Tcp, bind.Backlog, bind.SocketOptions),
                _ => throw new NotSupportedException($"{bind.LocalAddress.GetType().Name} is not an address to listen on."),
            };
            return bind.Tls is { } tls ? new TlsListener(listener, tls, settings.HandshakeTimeout, TimeProvider.System) : listener;
        }
        catch (Exception e) when (e is not TransportException)
        {
            var message = $"Could not listen on {EndPoints.Show(bind.LocalAddress)}: {Reason(e)}";
            throw new TransportException(CommandFailure.BindFailed, message, e);
        }
    }

    private static string Reason(Exception e) =>
        e is UnauthorizedAccessException ? "The name is in use, or permission was denied." : TransportErrors.Describe(e);

    private static async Task<StreamLink> OpenAsync(Mqtt.Connect connect, InMemoryNetwork network, CancellationToken cancellationToken)
    {
        switch (connect.RemoteAddress)
        {
            case InMemoryEndPoint name:
                return network.Dial(name);
            case NamedPipeEndPoint pipe:
                return await NamedPipeTransport.DialAsync(pipe, cancellationToken).ConfigureAwait(false);
            case UnixDomainSocketEndPoint or IPEndPoint or DnsEndPoint:
                var socket = await SocketDialer.ConnectAsync(connect.RemoteAddress, connect.LocalAddress, connect.SocketOptions, cancellationToken)
                    .ConfigureAwait(false);
                var kind = connect.RemoteAddress is UnixDomainSocketEndPoint ? MqttTransport.UnixSocket : MqttTransport.Tcp;
                return SocketListener.Link(socket, kind);
            default:
                var unknown = $"{connect.RemoteAddress.GetType().Name} is not an address that can be dialled.";
                throw new TransportException(CommandFailure.ConnectFailed, unknown);
        }
    }
}
