using System.Net;
using System.Threading.Channels;

namespace Akka.Mqtt.Transport;

/// <summary>Listens on a name in memory. Thread safe.</summary>
internal sealed class InMemoryListener(InMemoryNetwork network, InMemoryEndPoint address, int backlog) : IStreamListener
{
    private readonly Channel<StreamLink> _waiting = Channel.CreateBounded<StreamLink>(Math.Max(1, backlog));
    private long _clients;

    public string Name => address.Name;

    public EndPoint LocalAddress => address;

    /// <summary>The client side of a new connection; null when the backlog is full or the listener is closed.</summary>
    public StreamLink? Offer()
    {
        var (client, server) = InMemoryStream.CreatePair();
        var clientAddress = new InMemoryEndPoint($"{address.Name}#{Interlocked.Increment(ref _clients)}");
        var accepted = new StreamLink(server, new TransportInfo(MqttTransport.InMemory) { LocalAddress = address, RemoteAddress = clientAddress });
        return _waiting.Writer.TryWrite(accepted)
            ? new StreamLink(client, new TransportInfo(MqttTransport.InMemory) { LocalAddress = clientAddress, RemoteAddress = address })
            : null;
    }

    public async ValueTask<Func<CancellationToken, Task<StreamLink>>> AcceptAsync(CancellationToken cancellationToken)
    {
        try
        {
            var link = await _waiting.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
            return _ => Task.FromResult(link);
        }
        catch (ChannelClosedException)
        {
            throw new ObjectDisposedException(nameof(InMemoryListener));
        }
    }

    public ValueTask DisposeAsync()
    {
        network.Remove(this);
        _waiting.Writer.TryComplete();
        while (_waiting.Reader.TryRead(out var link))
            link.Control.Abort();
        return ValueTask.CompletedTask;
    }
}
