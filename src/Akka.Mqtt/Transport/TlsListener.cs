using System.Globalization;
using System.Net;

namespace Akka.Mqtt.Transport;

/// <summary>TLS over any listener. The handshakes of clients run concurrently, each with its own time limit.</summary>
internal sealed class TlsListener(IStreamListener below, TlsServerSettings settings, TimeSpan handshakeTimeout, TimeProvider time) : IStreamListener
{
    private readonly TlsServerContexts _contexts = new(settings);

    public EndPoint LocalAddress => below.LocalAddress;

    public async ValueTask<Func<CancellationToken, Task<StreamLink>>> AcceptAsync(CancellationToken cancellationToken)
    {
        var open = await below.AcceptAsync(cancellationToken).ConfigureAwait(false);
        return token => HandshakeAsync(open, token);
    }

    public ValueTask DisposeAsync() => below.DisposeAsync();

    private async Task<StreamLink> HandshakeAsync(Func<CancellationToken, Task<StreamLink>> open, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(handshakeTimeout, time);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        var link = await open(deadline.Token).ConfigureAwait(false);
        try
        {
            return await TlsUpgrade.AsServerAsync(link, settings, _contexts, deadline.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (deadline.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            var message = string.Create(
                CultureInfo.InvariantCulture,
                $"TLS with client {EndPoints.Show(link.Info.RemoteAddress)} failed: it took longer than {handshakeTimeout.TotalSeconds:0.###} s.");
            throw new TransportException(CommandFailure.TlsFailed, message, e) { Client = link.Info.RemoteAddress };
        }
    }
}
