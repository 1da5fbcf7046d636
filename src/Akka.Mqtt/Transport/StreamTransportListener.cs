using System.Net;

namespace Akka.Mqtt.Transport;

/// <summary>A listener of streams as a listener of transports.</summary>
internal sealed class StreamTransportListener(IStreamListener listener) : ITransportListener
{
    public EndPoint LocalAddress => listener.LocalAddress;

    public async ValueTask<Func<CancellationToken, Task<TransportLink>>> AcceptAsync(CancellationToken cancellationToken)
    {
        var handshake = await listener.AcceptAsync(cancellationToken).ConfigureAwait(false);
        return async token => await handshake(token).ConfigureAwait(false);
    }

    public ValueTask DisposeAsync() => listener.DisposeAsync();
}
