using System.Net;
using System.Net.Sockets;

namespace Akka.Mqtt.Transport;

/// <summary>Listens on a TCP or unix socket. <see cref="AcceptAsync"/> may only be called once at a time.</summary>
internal sealed class SocketListener : IStreamListener
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(20);

    private readonly Socket _socket;
    private readonly MqttTransport _kind;
    private readonly ISocketOptions _options;

    private SocketListener(Socket socket, MqttTransport kind, ISocketOptions options)
    {
        _socket = socket;
        _kind = kind;
        _options = options;
        LocalAddress = socket.LocalEndPoint!;
    }

    public EndPoint LocalAddress { get; }

    public static SocketListener Bind(EndPoint address, MqttTransport kind, int backlog, ISocketOptions options)
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
        return _ => Task.FromResult(Link(socket, _kind));
    }

    /// <summary>Accepts the socket of the next client and applies its options.</summary>
    /// <exception cref="SocketException">No file descriptor is left (<see cref="Descriptors.AreExhausted"/>): accept again later.</exception>
    public async ValueTask<Socket> AcceptSocketAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                var socket = await _socket.AcceptAsync(cancellationToken).ConfigureAwait(false);
                Descriptors.Accepted(socket);
                if (TryPrepare(socket))
                    return socket;
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.OperationAborted)
            {
                throw new ObjectDisposedException(nameof(SocketListener));
            }
            catch (SocketException e) when (!Descriptors.AreExhausted(e.SocketErrorCode))
            {
                // The client has already closed. That does not end the listener. The delay limits the rate when the error persists.
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

    /// <summary>The link of a connected socket, which it owns from now on.</summary>
    public static StreamLink Link(Socket socket, MqttTransport kind)
    {
        try
        {
            if (socket.AddressFamily != AddressFamily.Unix)
                socket.NoDelay = true;
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
            _options.AfterConnect(socket);
            return true;
        }
        catch (SocketException)
        {
            socket.Dispose(); // the client has reset it before our accept
            return false;
        }
    }

    private static SocketListener Listen(EndPoint address, MqttTransport kind, int backlog, ISocketOptions options)
    {
        var socket = SocketDialer.Create(address);
        try
        {
            options.BeforeListen(socket);
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
