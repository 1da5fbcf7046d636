using System.Net;
using System.Net.Sockets;

namespace Akka.Mqtt;

/// <summary>Plain TCP: we dial and accept (docs/adr/0002); who reads and writes is <see cref="MqttConnectionSettings.TcpEngine"/>.</summary>
internal static class TcpTransport
{
    public static async Task<TransportLink> DialAsync(Mqtt.Connect connect, CancellationToken cancellationToken)
    {
        var socket = await SocketDialer.ConnectAsync(connect.RemoteAddress, connect.LocalAddress, connect.Options, cancellationToken)
            .ConfigureAwait(false);
        return Link(socket);
    }

    /// <exception cref="TransportException">It failed; the message says why. Nothing is left open.</exception>
    public static ITransportListener Bind(Mqtt.Bind bind)
    {
        try
        {
            return new Listener(SocketListener.Bind(bind.LocalAddress, MqttTransport.Tcp, bind.Backlog, bind.Options));
        }
        catch (Exception e)
        {
            var message = $"Could not listen on {EndPoints.Show(bind.LocalAddress)}: {TransportErrors.Describe(e)}";
            throw new TransportException(CommandFailure.BindFailed, message, e);
        }
    }

    private static SocketLink Link(Socket socket) => new(
        socket, new TransportInfo(MqttTransport.Tcp) { LocalAddress = socket.LocalEndPoint, RemoteAddress = socket.RemoteEndPoint });

    private sealed class Listener(SocketListener listener) : ITransportListener
    {
        public EndPoint LocalAddress => listener.LocalAddress;

        public async ValueTask<Func<CancellationToken, Task<TransportLink>>> AcceptAsync(CancellationToken cancellationToken)
        {
            while (true)
            {
                var socket = await listener.AcceptSocketAsync(cancellationToken).ConfigureAwait(false);
                try
                {
                    var link = Task.FromResult<TransportLink>(Link(socket));
                    return _ => link;
                }
                catch (SocketException)
                {
                    socket.Dispose(); // reset before we could ask its address: that client is gone, the next one counts
                }
            }
        }

        public ValueTask DisposeAsync() => listener.DisposeAsync();
    }
}
