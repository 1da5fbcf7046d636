using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Akka.Actor;
using Akka.Event;

namespace Akka.Mqtt.Cluster.Nodes;

/// <summary>The TCP port to which the other nodes send frames. Thread safe.</summary>
internal sealed class FrameListener : IDisposable
{
    // A connection that has not identified itself uses a socket. These limit how many there are, and how long each may take.
    private const int MostUnknown = 64;
    private static readonly TimeSpan GreetingTimeout = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly Dictionary<IActorRef, (byte[] Secret, long Link)> _offers = [];
    private readonly Socket _listener;
    private readonly string _publicHost;
    private readonly int _port;
    private int _unknown;

    private FrameListener(Socket listener, string publicHost)
    {
        (_listener, _publicHost, _port) = (listener, publicHost, ((IPEndPoint)listener.LocalEndPoint!).Port);
        _ = AcceptAllAsync();
    }

    /// <summary>Opens the port of a node.</summary>
    /// <param name="system">The actor system.</param>
    /// <param name="settings">The settings.</param>
    /// <param name="log">Logs a port that cannot be opened as an error.</param>
    /// <returns>The listener; null when frames use Akka.Remote.</returns>
    public static FrameListener? Open(ActorSystem system, MqttClusterSettings settings, ILoggingAdapter log)
    {
        var remote = system.Settings.Config.GetConfig("akka.remote.dot-netty.tcp");
        var transports = system.Settings.Config.GetStringList("akka.remote.enabled-transports", []);
        if (settings.FramePort is not { } port || remote is null || remote.GetBoolean("enable-ssl") || transports is not ["akka.remote.dot-netty.tcp"])
            return null; // the connection has no TLS, so frames use Akka.Remote when that is, or may be, encrypted
        var publicHost = global::Akka.Cluster.Cluster.Get(system).SelfAddress.Host;
        var host = new[] { remote.GetString("bind-hostname", ""), remote.GetString("hostname", ""), publicHost }.First(static each => each.Length > 0);
        try
        {
            var family = remote.GetBoolean("dns-use-ipv6") ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork; // as Akka.Remote resolves it
            return Open(new IPEndPoint(IPAddress.TryParse(host, out var known) ? known : Dns.GetHostAddresses(host, family).First(), port), publicHost);
        }
        catch (Exception error) when (error is SocketException or ArgumentException or InvalidOperationException)
        {
            log.Error("akka.mqtt.cluster.frame-port: {0}:{1} cannot be opened ({2}). Other nodes send their messages through Akka.Remote instead, which costs more CPU.", host, port, error.Message);
            return null;
        }
    }

    /// <summary>Opens a port.</summary>
    /// <param name="local">Where to listen; port 0 lets the system pick one.</param>
    /// <param name="publicHost">The host name that the other nodes use.</param>
    /// <returns>The listener.</returns>
    /// <exception cref="SocketException">It cannot be opened.</exception>
    public static FrameListener Open(IPEndPoint local, string publicHost)
    {
        var listener = new Socket(local.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            listener.Bind(local);
            listener.Listen(MostUnknown);
            return new FrameListener(listener, publicHost);
        }
        catch
        {
            listener.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Lets the node of a link connect, once. Until it has connected, the offer stays the same, because the node may ask twice and dial
    /// with the first answer. An offer for an earlier link ends.
    /// </summary>
    /// <param name="inbox">Receives <see cref="Connected"/>.</param>
    /// <param name="link">The link.</param>
    /// <returns>The data with which the node can connect.</returns>
    public FramePort Offer(IActorRef inbox, long link)
    {
        lock (_lock)
        {
            if (!_offers.TryGetValue(inbox, out var offer) || offer.Link != link)
                _offers[inbox] = offer = (RandomNumberGenerator.GetBytes(FramePort.SecretSize), link);
            return new FramePort(_publicHost, _port, offer.Secret);
        }
    }

    /// <summary>No node may connect to this actor any more.</summary>
    public void Withdraw(IActorRef inbox)
    {
        lock (_lock)
            _offers.Remove(inbox);
    }

    public void Dispose() => _listener.Dispose();

    private async Task AcceptAllAsync()
    {
        while (true)
        {
            Socket socket;
            try
            {
                socket = await _listener.AcceptAsync().ConfigureAwait(false);
            }
            catch (ObjectDisposedException)
            {
                return;
            }
            catch (SocketException error) when (error.SocketErrorCode is SocketError.OperationAborted or SocketError.NotSocket or SocketError.InvalidArgument)
            {
                return;
            }
            catch (SocketException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(100)).ConfigureAwait(false); // no more descriptors, for example
                continue;
            }
            if (Interlocked.Increment(ref _unknown) > MostUnknown)
            {
                socket.Dispose();
                Interlocked.Decrement(ref _unknown);
                continue;
            }
            _ = WelcomeAsync(socket);
        }
    }

    private async Task WelcomeAsync(Socket socket)
    {
        try
        {
            FrameConnection.Prepare(socket);
            var greeting = new byte[FramePort.Greeting.Length + FramePort.SecretSize];
            using var timeout = new CancellationTokenSource(GreetingTimeout);
            for (var have = 0; have < greeting.Length;)
            {
                var count = await socket.ReceiveAsync(greeting.AsMemory(have), SocketFlags.None, timeout.Token).ConfigureAwait(false);
                have = count > 0 ? have + count : throw new EndOfStreamException();
            }
            if (!greeting.AsSpan().StartsWith(FramePort.Greeting) || Take(greeting.AsSpan(FramePort.Greeting.Length)) is not { } offer)
            {
                socket.Dispose();
                return;
            }
            await socket.SendAsync(new[] { FramePort.Welcome }, SocketFlags.None, timeout.Token).ConfigureAwait(false);
            offer.Inbox.Tell(new Connected(offer.Link, new FrameConnection(socket)), ActorRefs.NoSender);
        }
        catch (Exception error) when (error is SocketException or IOException or OperationCanceledException or ObjectDisposedException)
        {
            socket.Dispose();
        }
        finally
        {
            Interlocked.Decrement(ref _unknown);
        }
    }

    private (IActorRef Inbox, long Link)? Take(ReadOnlySpan<byte> secret)
    {
        lock (_lock)
        {
            foreach (var (inbox, offer) in _offers)
            {
                if (!CryptographicOperations.FixedTimeEquals(offer.Secret, secret))
                    continue;
                _offers.Remove(inbox);
                return (inbox, offer.Link);
            }
        }
        return null;
    }

    /// <summary>The node of a link has connected.</summary>
    /// <param name="Link">The link.</param>
    /// <param name="Connection">The connection, which is not started yet.</param>
    public sealed record Connected(long Link, FrameConnection Connection) : INoSerializationVerificationNeeded, IDeadLetterSuppression;
}
