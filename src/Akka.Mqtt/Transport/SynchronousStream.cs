using System.Reflection;

namespace Akka.Mqtt.Transport;

/// <summary>
/// A stream that implements only the synchronous members. The asynchronous ones that <see cref="Stream"/> derives from them exclude each
/// other: while a read waits, nothing is written. Here each direction uses a blocking thread of its own. One reader and one writer at a
/// time.
/// </summary>
internal sealed class SynchronousStream : AsyncOnlyStream
{
    private static readonly Type[] MemoryRead = [typeof(Memory<byte>), typeof(CancellationToken)];
    private static readonly Type[] MemoryWrite = [typeof(ReadOnlyMemory<byte>), typeof(CancellationToken)];
    private static readonly Type[] ArrayCall = [typeof(byte[]), typeof(int), typeof(int), typeof(CancellationToken)];
    private static readonly Type[] Begin = [typeof(byte[]), typeof(int), typeof(int), typeof(AsyncCallback), typeof(object)];

    private readonly Stream _stream;

    private SynchronousStream(Stream stream) => _stream = stream;

    public override bool CanRead => _stream.CanRead;

    public override bool CanWrite => _stream.CanWrite;

    /// <summary>Returns the stream itself if it implements at least one direction asynchronously, otherwise a wrapper.</summary>
    public static Stream Over(Stream stream)
    {
        var type = stream.GetType();
        var reads = Overrides(type, nameof(ReadAsync), MemoryRead) || Overrides(type, nameof(ReadAsync), ArrayCall) || Overrides(type, nameof(BeginRead), Begin);
        var writes = Overrides(type, nameof(WriteAsync), MemoryWrite) || Overrides(type, nameof(WriteAsync), ArrayCall) || Overrides(type, nameof(BeginWrite), Begin);
        return reads || writes ? stream : new SynchronousStream(stream);
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => new(Task.Factory.StartNew(
        () => _stream.Read(buffer.Span), cancellationToken, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default));

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        new(Task.Run(() => _stream.Write(buffer.Span), cancellationToken));

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.Run(_stream.Flush, cancellationToken);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _stream.Dispose();
        base.Dispose(disposing);
    }

    private static bool Overrides(Type type, string method, Type[] parameters) =>
        type.GetMethod(method, BindingFlags.Instance | BindingFlags.Public, parameters)?.DeclaringType != typeof(Stream);
}
