using Akka.Mqtt.TestKit.Links;

namespace Akka.Mqtt.TestKit;

/// <summary>
/// Two ends of a connection without a socket: bytes written to one end are read from the other. Each direction is bounded, keeps the
/// chunks as they were written, half-closes and resets. Give one end to the code under test, the other to a <see cref="MqttProbe"/>:
/// <code>
/// using var link = new InMemoryLink();
/// Sys.Mqtt().Tell(new Mqtt.Attach(link.A, MqttRole.Server), handler);
/// var probe = this.CreateMqttProbe(link.B);
/// </code>
/// </summary>
public sealed class InMemoryLink : IDisposable
{
    /// <summary>The default capacity of a direction in bytes, above which a write waits: 64 KiB.</summary>
    public const int DefaultCapacity = 64 * 1024;

    /// <summary>Creates a link.</summary>
    /// <param name="capacity">Bytes that each direction holds before a write waits, at least 1. Default: <see cref="DefaultCapacity"/>.</param>
    public InMemoryLink(int capacity = DefaultCapacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        var toB = new ChunkQueue(capacity);
        var toA = new ChunkQueue(capacity);
        A = new LinkEnd(toA, toB);
        B = new LinkEnd(toB, toA);
    }

    /// <summary>One end.</summary>
    public DuplexStream A { get; }

    /// <summary>The other end.</summary>
    public DuplexStream B { get; }

    /// <summary>Closes both ends.</summary>
    public void Dispose()
    {
        A.Dispose();
        B.Dispose();
    }

    private sealed class LinkEnd(ChunkQueue input, ChunkQueue output) : DuplexStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            input.ReadAsync(buffer, cancellationToken);

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            output.WriteAsync(buffer, cancellationToken);

        public override void CompleteWrites() => output.Complete();

        public override void Abort()
        {
            output.Abort();
            input.CloseReader();
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                output.Complete();
                input.CloseReader();
            }

            base.Dispose(disposing);
        }
    }
}
