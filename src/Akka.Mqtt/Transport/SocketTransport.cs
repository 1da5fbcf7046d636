using System.Net;
using System.Net.Sockets;

namespace Akka.Mqtt.Transport;

/// <summary>
/// Plain TCP and unix sockets. We dial and accept (docs/adr/0002); <see cref="MqttConnectionSettings.TcpEngine"/> decides which actor
/// reads and writes.
/// </summary>
internal static class SocketTransport
{
    public static async Task<TransportLink> DialAsync(Mqtt.Connect connect, CancellationToken cancellationToken)
    {
        var socket = await SocketDialer.ConnectAsync(connect.RemoteAddress, connect.LocalAddress, connect.SocketOptions, cancellationToken)
            .ConfigureAwait(false);
        return Link(socket, KindOf(connect.RemoteAddress));
    }

    /// <exception cref="TransportException">It failed; the message says why. Nothing is left open.</exception>
    public static ITransportListener Bind(Mqtt.Bind bind)
    {
        try
        {
            return new Listener(SocketListener.Bind(bind.LocalAddress, KindOf(bind.LocalAddress), bind.Backlog, bind.SocketOptions), KindOf(bind.LocalAddress));
        }
        catch (Exception e)
        {
            var message = $"Could not listen on {EndPoints.Show(bind.LocalAddress)}: {TransportErrors.Describe(e)}";
            throw new TransportException(CommandFailure.BindFailed, message, e);
        }
    }

    private static MqttTransport KindOf(EndPoint address) => address is UnixDomainSocketEndPoint ? MqttTransport.UnixSocket : MqttTransport.Tcp;

    private static SocketLink Link(Socket socket, MqttTransport kind) => new(
        socket, new TransportInfo(kind) { LocalAddress = socket.LocalEndPoint, RemoteAddress = socket.RemoteEndPoint });

    private sealed class Listener(SocketListener listener, MqttTransport kind) : ITransportListener
    {
        public EndPoint LocalAddress => listener.LocalAddress;

        public async ValueTask<Func<CancellationToken, Task<TransportLink>>> AcceptAsync(CancellationToken cancellationToken)
        {
            while (true)
            {
                var socket = await listener.AcceptSocketAsync(cancellationToken).ConfigureAwait(false);
                try
                {
                    var link = Task.FromResult<TransportLink>(Link(socket, kind) with { IsAccepted = true });
                    return _ => link;
                }
                catch (SocketException)
                {
                    socket.Dispose(); // the client has reset it before we could read its address: accept the next one
                }
            }
        }

        public ValueTask DisposeAsync() => listener.DisposeAsync();
    }
}
