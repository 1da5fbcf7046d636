using System.Net;
using System.Net.Sockets;

namespace Akka.Mqtt;

/// <summary>Plain TCP: we dial and accept, Akka.IO reads and writes (docs/adr/0002).</summary>
internal static class TcpTransport
{
    public static async Task<TransportLink> DialAsync(Mqtt.Connect connect, MqttConnectionSettings settings, CancellationToken cancellationToken)
    {
        var socket = connect.RemoteAddress is IPEndPoint { AddressFamily: var family }
            ? new Socket(family, SocketType.Stream, ProtocolType.Tcp)
            : new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.NoDelay = true;
            foreach (var option in connect.Options)
                option.BeforeConnect(socket);
            if (connect.LocalAddress is not null)
                socket.Bind(connect.LocalAddress);
            await socket.ConnectAsync(connect.RemoteAddress, cancellationToken).ConfigureAwait(false);
            foreach (var option in connect.Options)
                option.AfterConnect(socket);
            return Link(socket, AkkaIo.TcpSettings(settings));
        }
        catch (Exception cause)
        {
            socket.Dispose();
            throw cause is OperationCanceledException ? cause : new TransportException(CommandFailure.ConnectFailed, cause.Message, cause);
        }
    }

    public static ITransportListener Bind(Mqtt.Bind bind, MqttConnectionSettings settings) => new Listener(bind, settings);

    private static SocketLink Link(Socket socket, Akka.IO.TcpSettings settings) => new(
        socket, settings, new TransportInfo(MqttTransport.Tcp) { LocalAddress = socket.LocalEndPoint, RemoteAddress = socket.RemoteEndPoint });

    private sealed class Listener : ITransportListener
    {
        private readonly Socket _socket;
        private readonly Mqtt.Bind _bind;
        private readonly Akka.IO.TcpSettings _tcpSettings;

        public Listener(Mqtt.Bind bind, MqttConnectionSettings settings)
        {
            _bind = bind;
            _tcpSettings = AkkaIo.TcpSettings(settings);
            _socket = new Socket(bind.LocalAddress.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                if (bind.LocalAddress is IPEndPoint { Address: var address } && address.Equals(IPAddress.IPv6Any))
                    _socket.DualMode = true;
                foreach (var option in bind.Options)
                    option.BeforeServerSocketBind(_socket);
                _socket.Bind(bind.LocalAddress);
                _socket.Listen(bind.Backlog);
            }
            catch (Exception cause)
            {
                _socket.Dispose();
                throw new TransportException(CommandFailure.BindFailed, cause.Message, cause);
            }
        }

        public EndPoint LocalAddress => _socket.LocalEndPoint!;

        public async ValueTask<Func<CancellationToken, Task<TransportLink>>> AcceptAsync(CancellationToken cancellationToken)
        {
            while (true)
            {
                var socket = await _socket.AcceptAsync(cancellationToken).ConfigureAwait(false);
                try
                {
                    socket.NoDelay = true;
                    foreach (var option in _bind.Options)
                        option.AfterConnect(socket);
                    var link = Task.FromResult<TransportLink>(Link(socket, _tcpSettings));
                    return _ => link;
                }
                catch (SocketException)
                {
                    socket.Dispose(); // reset between the handshake and our accept: that client is gone, the next one counts
                }
            }
        }

        public ValueTask DisposeAsync()
        {
            _socket.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
