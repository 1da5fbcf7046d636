using System.Net;
using System.Net.Sockets;
using Akka.IO;
using Dns = System.Net.Dns;

namespace Akka.Mqtt;

/// <summary>Connects sockets: resolves names, tries each address in turn, applies options, and leaves no socket behind on a failure.</summary>
internal static class SocketDialer
{
    /// <summary>Connects to an <see cref="IPEndPoint"/>, <see cref="DnsEndPoint"/> or <see cref="UnixDomainSocketEndPoint"/>.</summary>
    public static async Task<Socket> ConnectAsync(
        EndPoint address, EndPoint? localAddress, IReadOnlyList<Inet.SocketOption> options, CancellationToken cancellationToken)
    {
        if (address is not DnsEndPoint name)
            return await ConnectOneAsync(address, address, localAddress, options, cancellationToken).ConfigureAwait(false);

        var candidates = await ResolveAsync(name, localAddress, cancellationToken).ConfigureAwait(false);
        for (var i = 0; ; i++)
        {
            try
            {
                return await ConnectOneAsync(new IPEndPoint(candidates[i], name.Port), name, localAddress, options, cancellationToken)
                    .ConfigureAwait(false);
            }
            catch (TransportException) when (i + 1 < candidates.Length)
            {
                // The next address may do.
            }
        }
    }

    private static async Task<IPAddress[]> ResolveAsync(DnsEndPoint name, EndPoint? localAddress, CancellationToken cancellationToken)
    {
        try
        {
            var family = localAddress?.AddressFamily ?? name.AddressFamily;
            var found = await Dns.GetHostAddressesAsync(name.Host, family, cancellationToken).ConfigureAwait(false);
            return found.Length > 0 ? found : throw new SocketException((int)SocketError.HostNotFound);
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            throw Failed(name, e);
        }
    }

    private static async Task<Socket> ConnectOneAsync(
        EndPoint address, EndPoint asked, EndPoint? localAddress, IReadOnlyList<Inet.SocketOption> options, CancellationToken cancellationToken)
    {
        Socket? socket = null;
        try
        {
            socket = Create(address);
            foreach (var option in options)
                option.BeforeConnect(socket);
            if (localAddress is not null)
                socket.Bind(localAddress);
            await socket.ConnectAsync(address, cancellationToken).ConfigureAwait(false);
            foreach (var option in options)
                option.AfterConnect(socket);
            return socket;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            socket?.Dispose();
            throw Failed(asked, e);
        }
        catch
        {
            socket?.Dispose();
            throw;
        }
    }

    /// <summary>A socket of the family of an address; TCP ones do not wait to fill segments.</summary>
    public static Socket Create(EndPoint address) => address is UnixDomainSocketEndPoint
        ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
        : new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

    private static TransportException Failed(EndPoint address, Exception e) =>
        new(CommandFailure.ConnectFailed, $"Could not connect to {EndPoints.Show(address)}: {TransportErrors.Describe(e)}", e);
}
