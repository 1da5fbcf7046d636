using System.Globalization;
using System.Net.Sockets;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Soak.Clusters;

/// <summary>A client that publishes numbers at one node, and knows which of them were acknowledged.</summary>
internal sealed class ClusterPublisher(string clientId, ClusterNode node, QualityOfService qos)
{
    private const int Window = 20;

    private readonly SortedDictionary<int, bool> _open = []; // numbers; whether PUBREC has come
    private readonly List<int> _acknowledged = [];
    private int _next;

    public string ClientId => clientId;

    public ClusterNode Node => node;

    public QualityOfService QoS => qos;

    public string Topic => $"faults/{clientId}";

    /// <summary>Numbers that the server has taken.</summary>
    public List<int> Acknowledged
    {
        get
        {
            lock (_acknowledged)
                return [.. _acknowledged];
        }
    }

    /// <summary>Forgets what was acknowledged: it was checked.</summary>
    public void Forget()
    {
        lock (_acknowledged)
            _acknowledged.Clear();
    }

    /// <summary>Publishes while there is more to publish, and until all of it is acknowledged or the connection ends.</summary>
    /// <param name="more">Whether new numbers are published.</param>
    /// <param name="end">Gives up.</param>
    /// <returns>Whether all was acknowledged.</returns>
    public async Task<bool> RunAsync(Func<bool> more, CancellationToken end)
    {
        _open.Clear(); // what was under way with a lost connection is given up
        try
        {
            using var client = await node.ConnectAsync(new Connect { ClientId = clientId, CleanStart = true });
            using var closing = end.Register(client.Dispose);
            while (true)
            {
                while (more() && _open.Count < Window)
                {
                    _open[_next] = false;
                    await client.SendAsync(Message(_next++));
                }
                if (_open.Count == 0)
                {
                    await client.SendAsync(new Disconnect());
                    return true;
                }
                if (await client.NextAsync(Timeout.InfiniteTimeSpan) is not { } packet)
                    return false;
                await HandleAsync(client, packet);
            }
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException or IOException or OperationCanceledException)
        {
            return false;
        }
    }

    private async Task HandleAsync(Client client, MqttPacket packet)
    {
        switch (packet)
        {
            case PubAck { ReasonCode: < ReasonCode.UnspecifiedError } ack:
                Acknowledge(NumberOf(ack.PacketId));
                _open.Remove(NumberOf(ack.PacketId));
                break;
            case PubRec { ReasonCode: < ReasonCode.UnspecifiedError } rec:
                Acknowledge(NumberOf(rec.PacketId));
                _open[NumberOf(rec.PacketId)] = true;
                await client.SendAsync(new PubRel(rec.PacketId));
                break;
            case PubComp comp:
                _open.Remove(NumberOf(comp.PacketId));
                break;
            default:
                throw new InvalidOperationException($"{clientId} was sent {packet}");
        }
    }

    private void Acknowledge(int number)
    {
        lock (_acknowledged)
            _acknowledged.Add(number);
    }

    private static ushort IdOf(int number) => (ushort)((number % 60_000) + 1);

    private int NumberOf(ushort id) => _open.Keys.First(number => IdOf(number) == id);

    private Publish Message(int number) => new(Topic, number.ToString(CultureInfo.InvariantCulture)) { QoS = qos, PacketId = IdOf(number) };
}
