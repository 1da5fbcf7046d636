using System.Net;
using System.Net.Sockets;

namespace Akka.Mqtt.Transport;

/// <summary>
/// Connects a socket. <see cref="Socket.ConnectAsync(EndPoint, CancellationToken)"/> does the same, but keeps about 400 bytes for the lifetime of the socket.
/// </summary>
internal static class SocketConnect
{
    /// <summary>Connects.</summary>
    /// <param name="socket">A socket of the family of the address.</param>
    /// <param name="address">An IP or unix address.</param>
    /// <param name="cancellationToken">Ends the attempt; dispose of the socket then.</param>
    /// <exception cref="SocketException">The attempt failed.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static async Task RunAsync(Socket socket, EndPoint address, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var attempt = new Attempt { RemoteEndPoint = address };
        if (socket.ConnectAsync(attempt))
        {
            await using var cancelling = cancellationToken.UnsafeRegister(static state => Socket.CancelConnectAsync((Attempt)state!), attempt).ConfigureAwait(false);
            await attempt.Ended.ConfigureAwait(false);
        }

        if (attempt.SocketError == SocketError.Success)
            return;
        cancellationToken.ThrowIfCancellationRequested();
        throw new SocketException((int)attempt.SocketError);
    }

    private sealed class Attempt : SocketAsyncEventArgs
    {
        private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Attempt()
            : base(true)
        {
        }

        public Task Ended => _ended.Task;

        protected override void OnCompleted(SocketAsyncEventArgs e) => _ended.TrySetResult();
    }
}
