using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Akka.Mqtt.Cli.Mosquitto;

/// <summary>The address of a listener of mosquitto.conf: of <c>bind_interface</c>, of a name, or of all interfaces.</summary>
internal static class MosquittoAddress
{
    public static string Of(MosquittoListener listener, bool isLocal)
    {
        if (listener.Interface is { } line)
            return OfInterface(line, listener);
        return (listener.Address ?? (isLocal ? "localhost" : "*"), listener.IsIPv6) switch
        {
            ("localhost", null) => "localhost",
            ("localhost", false) => "127.0.0.1",
            ("localhost", true) => "::1",
            ("*", null) => "*",
            ("*", false) => "0.0.0.0",
            ("*", true) or ("::", not false) => "ipv6",
            var (address, _) => IPAddress.TryParse(address, out var ip) ? Fitting([ip], listener, address) : Resolve(address, listener),
        };
    }

    private static string Resolve(string name, MosquittoListener listener)
    {
        try
        {
            return Fitting(Dns.GetHostAddresses(name), listener, name);
        }
        catch (SocketException error)
        {
            throw listener.First!.Wrong($"{name} has no address: {error.Message}");
        }
    }

    private static string OfInterface(MosquittoLine line, MosquittoListener listener)
    {
        var found = NetworkInterface.GetAllNetworkInterfaces().FirstOrDefault(each => each.Name == line.Value)
            ?? throw line.Wrong($"there is no network interface {line.Value}");
        var addresses = found.GetIPProperties().UnicastAddresses.Select(each => each.Address).Where(each => !each.IsIPv6LinkLocal);
        return Fitting(addresses.OrderBy(each => each.AddressFamily), listener, line.Value);
    }

    private static string Fitting(IEnumerable<IPAddress> addresses, MosquittoListener listener, string name)
    {
        var wanted = listener.IsIPv6 switch
        {
            true => AddressFamily.InterNetworkV6,
            false => AddressFamily.InterNetwork,
            null => AddressFamily.Unspecified,
        };
        return addresses.FirstOrDefault(each => wanted == AddressFamily.Unspecified || each.AddressFamily == wanted)?.ToString()
            ?? throw (listener.Lines.GetValueOrDefault("host") ?? listener.First!).Wrong($"{name} has no such address");
    }
}
