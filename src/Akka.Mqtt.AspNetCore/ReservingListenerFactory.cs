using System.Net;
using Akka.Mqtt.Transport;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace Akka.Mqtt.AspNetCore;

/// <summary>Kestrel's listeners, which stop accepting while file descriptors are short.</summary>
internal sealed class ReservingListenerFactory(SocketTransportFactory sockets) : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    public bool CanBind(EndPoint endpoint) => sockets.CanBind(endpoint);

    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        new Listener(await sockets.BindAsync(endpoint, cancellationToken).ConfigureAwait(false));

    private sealed class Listener(IConnectionListener below) : IConnectionListener
    {
        private static readonly TimeSpan Retry = TimeSpan.FromMilliseconds(100);

        private readonly CancellationTokenSource _unbound = new();

        public EndPoint EndPoint => below.EndPoint;

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
        {
            try
            {
                while (Descriptors.AreShort())
                {
                    using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _unbound.Token);
                    await Task.Delay(Retry, either.Token).ConfigureAwait(false);
                }
            }
            catch (OperationCanceledException) when (_unbound.IsCancellationRequested)
            {
                return null; // like a listener that was unbound
            }

            var connection = await below.AcceptAsync(cancellationToken).ConfigureAwait(false);
            if (connection?.Features.Get<IConnectionSocketFeature>()?.Socket is { } socket)
                Descriptors.Accepted(socket);
            return connection;
        }

        public async ValueTask UnbindAsync(CancellationToken cancellationToken = default)
        {
            await _unbound.CancelAsync().ConfigureAwait(false);
            await below.UnbindAsync(cancellationToken).ConfigureAwait(false);
        }

        public async ValueTask DisposeAsync()
        {
            await _unbound.CancelAsync().ConfigureAwait(false);
            await below.DisposeAsync().ConfigureAwait(false);
        }
    }
}
