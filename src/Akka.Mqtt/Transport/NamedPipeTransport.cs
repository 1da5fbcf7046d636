using System.IO.Pipes;

namespace Akka.Mqtt.Transport;

/// <summary>Named pipes: .NET's on Windows, elsewhere the unix sockets that .NET makes of them.</summary>
internal static class NamedPipeTransport
{
    public static Task<StreamLink> DialAsync(NamedPipeEndPoint address, CancellationToken cancellationToken) =>
        OperatingSystem.IsWindows() ? DialPipeAsync(address, cancellationToken) : UnixPipe.DialAsync(address, cancellationToken);

    /// <param name="address">The name.</param>
    /// <param name="backlog">How many clients may wait to be accepted; on Windows each waits for an instance of its own.</param>
    public static IStreamListener Bind(NamedPipeEndPoint address, int backlog) =>
        OperatingSystem.IsWindows() ? new NamedPipeListener(address) : UnixPipe.Bind(address, backlog);

    private static async Task<StreamLink> DialPipeAsync(NamedPipeEndPoint address, CancellationToken cancellationToken)
    {
        var pipe = new NamedPipeClientStream(address.ServerName, address.PipeName, PipeDirection.InOut, PipeOptions.Asynchronous);
        try
        {
            // .NET waits for a pipe to appear; a dial that nobody can answer fails at once instead, as with sockets.
            await pipe.ConnectAsync(TimeSpan.Zero, cancellationToken).ConfigureAwait(false);
            return new StreamLink(pipe, new TransportInfo(MqttTransport.NamedPipe) { RemoteAddress = address });
        }
        catch (TimeoutException e)
        {
            await pipe.DisposeAsync().ConfigureAwait(false);
            throw Failed(address, "Nothing listens there.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or PlatformNotSupportedException)
        {
            await pipe.DisposeAsync().ConfigureAwait(false);
            throw Failed(address, TransportErrors.Describe(e), e);
        }
        catch
        {
            await pipe.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static TransportException Failed(NamedPipeEndPoint address, string reason, Exception e) =>
        new(CommandFailure.ConnectFailed, $"Could not connect to {address}: {reason}", e);
}
