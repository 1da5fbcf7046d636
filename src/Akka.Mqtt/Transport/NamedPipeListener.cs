using System.IO.Pipes;
using System.Net;

namespace Akka.Mqtt.Transport;

/// <summary>
/// Listens on a named pipe of Windows: one instance always waits for the next client. <see cref="AcceptAsync"/> may only be called once at
/// a time.
/// </summary>
internal sealed class NamedPipeListener : IStreamListener
{
    private readonly NamedPipeEndPoint _address;
    private readonly CancellationTokenSource _disposed = new();
    private NamedPipeServerStream _next;

    public NamedPipeListener(NamedPipeEndPoint address)
    {
        _address = address;
        _next = Create(PipeOptions.FirstPipeInstance);
    }

    public EndPoint LocalAddress => _address;

    public async ValueTask<Func<CancellationToken, Task<StreamLink>>> AcceptAsync(CancellationToken cancellationToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _disposed.Token);
        while (true)
        {
            var pipe = _next;
            try
            {
                await pipe.WaitForConnectionAsync(either.Token).ConfigureAwait(false);
            }
            catch (IOException)
            {
                // The client closed before it was accepted; this instance cannot be used again.
                _next = Create(PipeOptions.None);
                await pipe.DisposeAsync().ConfigureAwait(false);
                continue;
            }

            // Create the next instance before this one is returned, so that the name never disappears.
            _next = Create(PipeOptions.None);
            var link = new StreamLink(pipe, new TransportInfo(MqttTransport.NamedPipe) { LocalAddress = _address });
            return _ => Task.FromResult(link);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_disposed.IsCancellationRequested)
            return;
        await _disposed.CancelAsync().ConfigureAwait(false);
        await _next.DisposeAsync().ConfigureAwait(false);
    }

    private NamedPipeServerStream Create(PipeOptions first) => new(
        _address.PipeName,
        PipeDirection.InOut,
        NamedPipeServerStream.MaxAllowedServerInstances,
        PipeTransmissionMode.Byte,
        PipeOptions.Asynchronous | first);
}
