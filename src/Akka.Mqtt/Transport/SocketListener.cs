using System.Net;
using System.Net.Sockets;
using Akka.IO;

namespace Akka.Mqtt.Transport;

/// <summary>Listens on a TCP or unix socket. <see cref="AcceptAsync"/> is called by one caller at a time.</summary>
internal sealed class SocketListener : IStreamListener
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(20);

    private readonly Socket _socket;
    private readonly MqttTransport _kind;
    private readonly IReadOnlyList<Inet.SocketOption> _options;

    private SocketListener(Socket socket, MqttTransport kind, IReadOnlyList<Inet.SocketOption> options)
    {
        _socket = socket;
        _kind = kind;
        _options = options;
        LocalAddress = socket.LocalEndPoint!;
    }

    public EndPoint LocalAddress { get; }

    public static SocketListener Bind(EndPoint address, MqttTransport kind, int backlog, IReadOnlyList<Inet.SocketOption> options)
    {
        try
        {
            return Listen(address, kind, backlog, options);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse
            && address is UnixDomainSocketEndPoint unix && UnixSocketFile.RemoveIfStale(unix))
        {
            return Listen(address, kind, backlog, options);
        }
    }

    public async ValueTask<Func<CancellationToken, Task<StreamLink>>> AcceptAsync(CancellationToken cancellationToken)
    {
        var socket = await AcceptSocketAsync(cancellationToken).ConfigureAwait(false);
        return _ => Task.FromResult(Link(socket, _kind, []));
    }

    /// <summary>The next client's socket, its options applied.</summary>
    public async ValueTask<Socket> AcceptSocketAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                var socket = await _socket.AcceptAsync(cancellationToken).ConfigureAwait(false);
                if (TryPrepare(socket))
                    return socket;
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.OperationAborted)
            {
                throw new ObjectDisposedException(nameof(SocketListener));
            }
            catch (SocketException)
            {
                // A client that is gone again, or no file descriptors left: neither ends the listener. The delay keeps the second from spinning.
                await Task.Delay(RetryDelay, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    public ValueTask DisposeAsync()
    {
        // .NET removes the file of a unix socket that it has bound.
        _socket.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>The link of a connected socket, which it owns from here on.</summary>
    public static StreamLink Link(Socket socket, MqttTransport kind, IReadOnlyList<Inet.SocketOption> acceptedOptions)
    {
        try
        {
            if (socket.AddressFamily != AddressFamily.Unix)
                socket.NoDelay = true;
            foreach (var option in acceptedOptions)
                option.AfterConnect(socket);
            var info = new TransportInfo(kind) { LocalAddress = socket.LocalEndPoint, RemoteAddress = socket.RemoteEndPoint };
            return new StreamLink(new NetworkStream(socket, ownsSocket: true), info);
        }
        catch (Exception e)
        {
            socket.Dispose();
            throw new TransportException(CommandFailure.ConnectFailed, TransportErrors.Describe(e), e);
        }
    }

    private bool TryPrepare(Socket socket)
    {
        try
        {
            if (socket.AddressFamily != AddressFamily.Unix)
                socket.NoDelay = true;
            foreach (var option in _options)
                option.AfterConnect(socket);
            return true;
        }
        catch (SocketException)
        {
            socket.Dispose(); // reset between the handshake and our accept
            return false;
        }
    }

    private static SocketListener Listen(EndPoint address, MqttTransport kind, int backlog, IReadOnlyList<Inet.SocketOption> options)
    {
        var socket = SocketDialer.Create(address);
        try
        {
            foreach (var option in options)
                option.BeforeServerSocketBind(socket);
            socket.Bind(address);
            socket.Listen(backlog);
            return new SocketListener(socket, kind, options);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
