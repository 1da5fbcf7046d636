using System.Net.Security;
using System.Net.Sockets;

namespace Akka.Mqtt.Transport;

/// <summary>
/// What a stream connection needs of a transport beyond reading and writing. A stream of ours implements it itself; <see cref="For"/> finds
/// the best there is for a foreign one. Used by one stream connection actor, one call at a time.
/// </summary>
internal abstract class StreamControl
{
    /// <summary>
    /// Whether a read into no buffer waits until there is something to read, so that an idle connection owns no buffer. Where it does not,
    /// a small buffer waits.
    /// </summary>
    public virtual bool WaitsOnEmptyRead => false;

    /// <summary>Whether a write reaches the peer only by a flush after it.</summary>
    public virtual bool NeedsFlush => false;

    /// <summary>What an end of the stream before its first byte means, where it is more than a close; null where it is not.</summary>
    public virtual string? SilentEnd => null;

    /// <summary>Tells the peer that no more will be written; false when the transport cannot say so without ending both directions.</summary>
    public virtual ValueTask<bool> ShutdownOutputAsync(CancellationToken cancellationToken) => new(false);

    /// <summary>Drops the connection at once, by a reset where there is one. The stream is disposed right after. Never throws.</summary>
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
