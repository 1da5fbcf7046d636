using System.Net;
using System.Net.Sockets;

namespace Akka.Mqtt.Transport;

/// <summary>
/// Connects sockets: resolves names, races the addresses of a name, and applies options. It leaves no socket open except the one that it
/// returns.
/// </summary>
internal static class SocketDialer
{
    /// <summary>Finds the addresses of a name, of one family or of any, the best first.</summary>
    public delegate Task<IPAddress[]> Resolver(string host, AddressFamily family, CancellationToken cancellationToken);

    /// <summary>Connects to an <see cref="IPEndPoint"/>, <see cref="DnsEndPoint"/> or <see cref="UnixDomainSocketEndPoint"/>.</summary>
    public static Task<Socket> ConnectAsync(
        EndPoint address, EndPoint? localAddress, ISocketOptions options, CancellationToken cancellationToken) =>
        ConnectAsync(address, localAddress, options, Dns.GetHostAddressesAsync, TimeProvider.System, cancellationToken);

    /// <summary>The same with name resolution and clock of a test.</summary>
    public static async Task<Socket> ConnectAsync(
        EndPoint address,
        EndPoint? localAddress,
        ISocketOptions options,
        Resolver resolve,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        if (address is DnsEndPoint name)
            return await ConnectByNameAsync(name, localAddress, options, resolve, time, cancellationToken).ConfigureAwait(false);
        try
        {
            return await OpenAsync(address, localAddress, options, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw Failed(address, TransportErrors.Describe(e), e);
        }
    }

    private static async Task<Socket> ConnectByNameAsync(
        DnsEndPoint name,
        EndPoint? localAddress,
        ISocketOptions options,
        Resolver resolve,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        var addresses = await ResolveAsync(name, localAddress, resolve, cancellationToken).ConfigureAwait(false);
        var failures = new List<(IPAddress Address, Exception Cause)>();
        try
        {
            var socket = await AddressRace.FirstAsync(
                addresses, (ip, token) => OpenAsync(new IPEndPoint(ip, name.Port), localAddress, options, token), failures, time, cancellationToken)
                .ConfigureAwait(false);
            return socket ?? throw Failed(name, Describe(failures, addresses.Count), failures[0].Cause);
        }
        catch (OperationCanceledException e) when (failures.Count > 0)
        {
            throw new UnfinishedDialException(Describe(failures, addresses.Count), e, cancellationToken);
        }
    }

    private static async Task<IReadOnlyList<IPAddress>> ResolveAsync(
        DnsEndPoint name, EndPoint? localAddress, Resolver resolve, CancellationToken cancellationToken)
    {
        try
        {
            var family = localAddress?.AddressFamily ?? name.AddressFamily;
            var found = await resolve(name.Host, family, cancellationToken).ConfigureAwait(false);
            return found.Length > 0 ? AddressRace.Interleave(found) : throw new SocketException((int)SocketError.HostNotFound);
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            throw Failed(name, TransportErrors.Describe(e), e);
        }
    }

    private static async Task<Socket> OpenAsync(
        EndPoint address, EndPoint? localAddress, ISocketOptions options, CancellationToken cancellationToken)
    {
        Socket? socket = null;
        try
        {
            socket = Create(address);
            if (Descriptors.IsTooHighToDial(socket))
                throw new SocketException((int)SocketError.TooManyOpenSockets);
            options.BeforeConnect(socket);
            if (localAddress is not null)
                socket.Bind(localAddress);
            await SocketConnect.RunAsync(socket, address, cancellationToken).ConfigureAwait(false);
            options.AfterConnect(socket);
            return socket;
        }
        catch
        {
            socket?.Dispose();
            throw;
        }
    }

    /// <summary>Creates a socket of the family of an address; TCP sockets are set to TCP_NODELAY.</summary>
    public static Socket Create(EndPoint address) => address is UnixDomainSocketEndPoint
        ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
        : new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

    /// <summary>Describes why the addresses of a name failed. Addresses with the same error are listed together.</summary>
    private static string Describe(List<(IPAddress Address, Exception Cause)> failures, int addresses)
    {
        if (addresses == 1)
            return TransportErrors.Describe(failures[0].Cause);
        var alike = failures.GroupBy(failure => TransportErrors.Describe(failure.Cause), failure => Show(failure.Address));
        return string.Join(' ', alike.Select(group => $"{string.Join(", ", group)}: {group.Key}"));
    }

    private static string Show(IPAddress address) => address.AddressFamily == AddressFamily.InterNetworkV6 ? $"[{address}]" : $"{address}";

    private static TransportException Failed(EndPoint address, string reason, Exception e) =>
        new(CommandFailure.ConnectFailed, $"Could not connect to {EndPoints.Show(address)}: {reason}", e);
}
