using System.Net.Security;
using System.Net.Sockets;

namespace Akka.Mqtt.Transport;

/// <summary>
/// What a stream connection needs of a transport besides reading and writing. Our streams implement it themselves; <see cref="For"/> finds
/// the best control for other streams. Used by one stream connection actor, one call at a time.
/// </summary>
internal abstract class StreamControl
{
    /// <summary>
    /// Whether a read into an empty buffer waits until input is available, so that an idle connection owns no buffer. If not, it waits
    /// with a small buffer.
    /// </summary>
    public virtual bool WaitsOnEmptyRead => false;

    /// <summary>Whether a write reaches the peer only by a flush after it.</summary>
    public virtual bool NeedsFlush => false;

    /// <summary>The meaning of an end of the stream before its first byte, if it is more than a close; else null.</summary>
    public virtual string? SilentEnd => null;

    /// <summary>
    /// Notifies the peer that nothing more will be written. Returns false when the transport cannot do that without closing both
    /// directions.
    /// </summary>
    public virtual ValueTask<bool> ShutdownOutputAsync(CancellationToken cancellationToken) => new(false);

    /// <summary>
    /// Closes the connection at once, with a reset if the transport has one. The stream is disposed right after. Never throws.
    /// </summary>
    public virtual void Abort()
    {
    }

    /// <summary>The control of any stream.</summary>
    public static StreamControl For(Stream stream) => stream switch
    {
        IControlledStream controlled => controlled.Control,
        NetworkStream network => new SocketControl(network.Socket),
        SslStream tls => new TlsControl(tls, null),
        _ => Foreign.Instance,
    };

    private sealed class Foreign : StreamControl
    {
        public static readonly Foreign Instance = new();

        public override bool NeedsFlush => true;
    }
}
