using System.Net.Sockets;

namespace Akka.Mqtt.TestKit.Links;

/// <summary>
/// A stream of another type. A <see cref="NetworkStream"/> half-closes and resets with its socket; other streams can only close.
/// </summary>
internal sealed class PlainDuplexStream(Stream inner) : DuplexStream
{
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        inner.ReadAsync(buffer, cancellationToken);

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        await inner.WriteAsync(buffer, cancellationToken).ConfigureAwait(false);
        await inner.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    public override void CompleteWrites()
    {
        if (inner is not NetworkStream network)
            throw new NotSupportedException($"{inner.GetType().Name} cannot be half-closed; derive from {nameof(DuplexStream)} if yours can.");
        network.Socket.Shutdown(SocketShutdown.Send);
    }

    public override void Abort()
    {
        if (inner is NetworkStream network)
        {
            // A linger time of 0 makes closing send RST; disposing the stream instead of the socket would send FIN first.
            network.Socket.LingerState = new LingerOption(true, 0);
            network.Socket.Dispose();
        }

        inner.Dispose();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            inner.Dispose();
        base.Dispose(disposing);
    }
}
