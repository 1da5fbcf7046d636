using System.Net;
using System.Net.Sockets;
using System.Runtime.Serialization;

namespace Akka.Mqtt.Serialization;

/// <summary>The wire form of an end point: a byte for its kind, then its fields.</summary>
internal static class EndPointForm
{
    private const byte None = 0;
    private const byte Ip = 1;
    private const byte Dns = 2;
    private const byte Unix = 3;
    private const byte Pipe = 4;
    private const byte Memory = 5;
    private const byte Web = 6;

    private const int UnixPathAt = 2; // after the address family

    /// <summary>Writes an end point that the message needs.</summary>
    /// <exception cref="SerializationException">Its kind cannot be sent to another node.</exception>
    public static void Write(WireWriter to, EndPoint? address, string member)
    {
        if (!TryWrite(to, address))
            throw new SerializationException($"{member} cannot be sent to another node: Akka.Mqtt does not know end points of {address!.GetType()}.");
    }

    /// <summary>Writes an end point that is only informative. If its kind cannot be sent, it arrives as null.</summary>
    public static void WriteIfKnown(WireWriter to, EndPoint? address)
    {
        if (!TryWrite(to, address))
            to.Byte(None);
    }

    public static EndPoint? Read(WireReader from)
    {
        switch (from.Byte())
        {
            case None:
                return null;
            case Ip:
                var bytes = from.Bytes().Span;
                var scope = from.Long();
                return new IPEndPoint(scope == 0 ? new IPAddress(bytes) : new IPAddress(bytes, scope), from.Int());
            case Dns:
                var family = (AddressFamily)from.Int();
                return new DnsEndPoint(from.Text(), from.Int(), family);
            case Unix:
                return ReadUnix(from.Bytes().Span);
            case Pipe:
                return new NamedPipeEndPoint(from.Text(), from.Text());
            case Memory:
                return new InMemoryEndPoint(from.Text());
            case Web:
                return ReadWeb(from);
            default:
                throw new SerializationException("A message contains a kind of end point that this version of Akka.Mqtt does not know.");
        }
    }

    private static bool TryWrite(WireWriter to, EndPoint? address)
    {
        switch (address)
        {
            case null:
                to.Byte(None);
                return true;
            case IPEndPoint ip:
                to.Byte(Ip);
                to.Bytes(ip.Address.GetAddressBytes());
                to.Long(ip.AddressFamily == AddressFamily.InterNetworkV6 ? ip.Address.ScopeId : 0);
                to.Int(ip.Port);
                return true;
            case DnsEndPoint dns:
                to.Byte(Dns);
                to.Int((int)dns.AddressFamily);
                to.Text(dns.Host);
                to.Int(dns.Port);
                return true;
            case UnixDomainSocketEndPoint unix:
                to.Byte(Unix);
                var socket = unix.Serialize();
                to.Bytes(socket.Buffer.Span[UnixPathAt..socket.Size]);
                return true;
            case NamedPipeEndPoint pipe:
                to.Byte(Pipe);
                to.Text(pipe.PipeName);
                to.Text(pipe.ServerName);
                return true;
            case InMemoryEndPoint memory:
                to.Byte(Memory);
                to.Text(memory.Name);
                return true;
            case UriEndPoint web:
                to.Byte(Web);
                to.Text(web.Uri.OriginalString);
                to.UInt((uint)web.Headers.Count);
                foreach (var (name, value) in web.Headers)
                {
                    to.Text(name);
                    to.Text(value);
                }

                return true;
            default:
                return false;
        }
    }

    /// <summary>
    /// Reads a path that may be empty, like that of a peer, or start with 0. Only the address of a socket can express these.
    /// </summary>
    private static EndPoint ReadUnix(ReadOnlySpan<byte> path)
    {
        var socket = new SocketAddress(AddressFamily.Unix, UnixPathAt + path.Length);
        path.CopyTo(socket.Buffer.Span[UnixPathAt..]);
        return new UnixDomainSocketEndPoint("/").Create(socket);
    }

    private static UriEndPoint ReadWeb(WireReader from)
    {
        var uri = new Uri(from.Text());
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        for (var left = from.Count(); left > 0; left--)
            headers[from.Text()] = from.Text();
        return new UriEndPoint(uri) { Headers = headers };
    }
}
