using System.Net;

namespace Akka.Mqtt.Transport;

/// <summary>A bound listener of a transport: sockets, named pipes, in memory.</summary>
internal interface ITransportListener : IAsyncDisposable
{
    /// <summary>The address on which it listens, with the port that the operating system chose.</summary>
    EndPoint LocalAddress { get; }

    /// <summary>
    /// Waits for the next client. The returned handshake (TLS, or nothing) runs separately, so that a slow client does not delay others.
    /// Ends with <see cref="OperationCanceledException"/> or <see cref="ObjectDisposedException"/> when the listener is disposed; an error
    /// of one client is not thrown here.
    /// </summary>
    ValueTask<Func<CancellationToken, Task<TransportLink>>> AcceptAsync(CancellationToken cancellationToken);
}
