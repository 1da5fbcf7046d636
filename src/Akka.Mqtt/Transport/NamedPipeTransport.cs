using System.IO.Pipes;

namespace Akka.Mqtt.Transport;

/// <summary>Named pipes: those of .NET on Windows; elsewhere the unix sockets with which .NET implements them.</summary>
internal static class NamedPipeTransport
{
    public static Task<StreamLink> DialAsync(NamedPipeEndPoint address, CancellationToken cancellationToken) =>
        OperatingSystem.IsWindows() ? DialPipeAsync(address, cancellationToken) : UnixPipe.DialAsync(address, cancellationToken);

    /// <param name="address">The name.</param>
    /// <param name="backlog">How many clients may wait to be accepted. On Windows each waits for a pipe instance of its own.</param>
    public static IStreamListener Bind(NamedPipeEndPoint address, int backlog) =>
        OperatingSystem.IsWindows() ? new NamedPipeListener(address) : UnixPipe.Bind(address, backlog);

    private static async Task<StreamLink> DialPipeAsync(NamedPipeEndPoint address, CancellationToken cancellationToken)
    {
        var pipe = new NamedPipeClientStream(address.ServerName, address.PipeName, PipeDirection.InOut, PipeOptions.Asynchronous);
        try
        {
            // .NET would wait for a pipe to appear. Without a listener a dial fails at once instead, as with sockets.
            await pipe.ConnectAsync(TimeSpan.Zero, cancellationToken).ConfigureAwait(false);
            return new StreamLink(pipe, new TransportInfo(MqttTransport.NamedPipe) { RemoteAddress = address });
        }
        catch (TimeoutException e)
        {
            await pipe.DisposeAsync().ConfigureAwait(false);
            throw Failed(address, "Nothing listens on this name.", e);
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
