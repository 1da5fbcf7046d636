using System.Net.WebSockets;

namespace Akka.Mqtt.Transport;

/// <summary>
/// The bytes of a WebSocket as a stream, for both sides. Each write is a binary frame; reads are independent of the frame boundaries
/// [MQTT-6.0.0-2]. One reader and one writer at a time.
/// </summary>
internal sealed class WebSocketStream : AsyncOnlyStream, IControlledStream
{
    private static readonly TimeSpan GoodbyeTimeout = TimeSpan.FromSeconds(1);

    private readonly WebSocket _socket;
    private readonly Action? _reset;
    private readonly TaskCompletionSource _disposed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _ended;

    /// <summary>Takes over an open WebSocket.</summary>
    /// <param name="socket">The WebSocket.</param>
    /// <param name="reset">Resets the transport below, if that is possible.</param>
    public WebSocketStream(WebSocket socket, Action? reset = null)
    {
        _socket = socket;
        _reset = reset;
        Control = new WebSocketControl(this);
    }

    public StreamControl Control { get; }

    /// <summary>Completes when the stream is disposed.</summary>
    public Task Disposed => _disposed.Task;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!_ended)
        {
            ValueWebSocketReceiveResult result;
            try
            {
                result = await _socket.ReceiveAsync(buffer, cancellationToken).ConfigureAwait(false);
            }
            catch (WebSocketException e) when (e is { WebSocketErrorCode: WebSocketError.ConnectionClosedPrematurely, InnerException: null })
            {
                // The peer has closed without a close frame, as many do; this also ends the stream.
                _ended = true;
                break;
            }

            if (result.MessageType == WebSocketMessageType.Close)
                _ended = true;
            else if (result.MessageType == WebSocketMessageType.Text)
                await RefuseTextAsync().ConfigureAwait(false);
            else if (result.Count > 0 || buffer.IsEmpty)
                return result.Count;
        }

        return 0;
    }

    // [MQTT-6.0.0-1] MQTT is sent in binary frames.
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        _socket.SendAsync(buffer, WebSocketMessageType.Binary, endOfMessage: true, cancellationToken);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _socket.Dispose();
            _disposed.TrySetResult();
        }

        base.Dispose(disposing);
    }

    // [MQTT-6.0.0-1] After any other data frame the receiver must close.
    private async Task RefuseTextAsync()
    {
        _ended = true;
        using var timeout = new CancellationTokenSource(GoodbyeTimeout);
        try
        {
            await _socket.CloseOutputAsync(WebSocketCloseStatus.InvalidMessageType, "MQTT needs binary frames", timeout.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is WebSocketException or OperationCanceledException or ObjectDisposedException or IOException)
        {
            // The exception below ends the stream anyway.
        }

        throw new InvalidDataException("The peer sent a text frame; MQTT needs binary frames.");
    }

    private sealed class WebSocketControl(WebSocketStream stream) : StreamControl
    {
        public override bool WaitsOnEmptyRead => true;

        public override async ValueTask<bool> ShutdownOutputAsync(CancellationToken cancellationToken)
        {
            if (stream._socket.State is not (WebSocketState.Open or WebSocketState.CloseReceived))
                return false;
            await stream._socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, cancellationToken).ConfigureAwait(false);
            return true;
        }

        public override void Abort()
        {
            stream._reset?.Invoke();
            stream._socket.Abort();
        }
    }
}
