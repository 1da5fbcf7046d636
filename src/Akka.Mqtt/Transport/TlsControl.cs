using System.Net.Security;

namespace Akka.Mqtt.Transport;

/// <summary>Half-closes a TLS stream with close_notify; a reset is passed to the transport below.</summary>
internal sealed class TlsControl(SslStream tls, StreamControl? below) : StreamControl
{
    private string? _silentEnd;

    public override bool WaitsOnEmptyRead => true;

    /// <summary>
    /// Set for a client when the server checks the client certificate, or its absence, only after our handshake has ended.
    /// </summary>
    public override string? SilentEnd => _silentEnd;

    public TlsControl WithSilentEnd(string? meaning)
    {
        _silentEnd = meaning;
        return this;
    }

    public override async ValueTask<bool> ShutdownOutputAsync(CancellationToken cancellationToken)
    {
        // The peer answers close_notify, or the FIN after it, with its own. Peers that ignore close_notify see the FIN.
        await tls.ShutdownAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
        if (below is not null)
            await below.ShutdownOutputAsync(cancellationToken).ConfigureAwait(false);
        return true;
    }

    public override void Abort() => below?.Abort();
}
