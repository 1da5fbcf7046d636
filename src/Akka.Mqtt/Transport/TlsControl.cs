using System.Net.Security;

namespace Akka.Mqtt.Transport;

/// <summary>Half-close of a TLS stream by close_notify; a reset goes to what is below it.</summary>
internal sealed class TlsControl(SslStream tls, StreamControl? below) : StreamControl
{
    private string? _silentEnd;

    public override bool WaitsOnEmptyRead => true;

    /// <summary>Set on a client whose certificate, or the lack of it, the server checks only after our handshake has ended.</summary>
    public override string? SilentEnd => _silentEnd;

    public TlsControl WithSilentEnd(string? meaning)
    {
        _silentEnd = meaning;
        return this;
    }

    public override async ValueTask<bool> ShutdownOutputAsync(CancellationToken cancellationToken)
    {
        // The peer answers close_notify or the FIN below it by its own; peers that know neither see the FIN.
        await tls.ShutdownAsync().WaitAsync(cancellationToken).ConfigureAwait(false);
        if (below is not null)
            await below.ShutdownOutputAsync(cancellationToken).ConfigureAwait(false);
        return true;
    }

    public override void Abort() => below?.Abort();
}
