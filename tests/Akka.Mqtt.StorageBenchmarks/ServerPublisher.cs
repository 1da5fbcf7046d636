using System.Globalization;
using System.Net.Sockets;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.StorageBenchmarks;

/// <summary>A client that publishes numbers, keeps what is not acknowledged, and sends it again on its next connection.</summary>
/// <param name="clientId">The client identifier.</param>
/// <param name="topic">The topic.</param>
/// <param name="qos">The QoS of its messages.</param>
/// <param name="retain">Whether they are retained.</param>
/// <param name="window">How many it publishes before one is acknowledged.</param>
internal sealed class ServerPublisher(string clientId, string topic, QualityOfService qos, bool retain, int window = 20)
{
    private readonly SortedDictionary<int, bool> _open = []; // numbers; whether PUBREC has come
    private readonly HashSet<int> _again = []; // numbers that were sent more than once
    private int _next;

    public string ClientId => clientId;

    public string Topic => topic;

    public QualityOfService QoS => qos;

    public bool Retains => retain;

    /// <summary>Numbers that the server has taken, in the order in which it said so.</summary>
    public List<int> Acknowledged { get; } = [];

    /// <summary>Whether the server may have taken a message although it has refused it: it was sent again, and the first copy was not answered.</summary>
    public bool MayHaveTaken(int number) => _again.Contains(number);

    public bool IsDone => _open.Count == 0;

    /// <summary>Refusals with 0x97, which a failing storage causes.</summary>
    public int Refusals { get; private set; }

    /// <summary>Publishes until the connection ends, or until everything is acknowledged.</summary>
    /// <param name="client">The connection.</param>
    /// <param name="more">Whether new numbers are published too.</param>
    public async Task RunAsync(ServerClient client, Func<bool> more)
    {
        try
        {
            _again.UnionWith(_open.Keys);
            foreach (var (number, received) in _open)
                await client.SendAsync(received ? new PubRel(IdOf(number)) : Message(number) with { Dup = true });
            while (true)
            {
                while (more() && _open.Count < window)
                {
                    _open[_next] = false;
                    await client.SendAsync(Message(_next++));
                }
                if (_open.Count == 0 || await client.NextAsync() is not { } packet)
                    return;
                await HandleAsync(client, packet);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // the server was killed
        }
    }

    private async Task HandleAsync(ServerClient client, MqttPacket packet)
    {
        switch (packet)
        {
            case PubAck { ReasonCode: ReasonCode.QuotaExceeded } refused:
                await RefusedAsync(refused.PacketId);
                break;
            case PubRec { ReasonCode: ReasonCode.QuotaExceeded } refused:
                await RefusedAsync(refused.PacketId);
                break;
            case PubAck ack:
                Acknowledged.Add(NumberOf(ack.PacketId));
                _open.Remove(NumberOf(ack.PacketId));
                break;
            case PubRec rec:
                var number = NumberOf(rec.PacketId);
                if (!_open[number])
                    Acknowledged.Add(number);
                _open[number] = true;
                await client.SendAsync(new PubRel(rec.PacketId));
                break;
            case PubComp comp:
                _open.Remove(NumberOf(comp.PacketId));
                break;
            case Disconnect:
                break;
            default:
                throw new InvalidOperationException($"{clientId} was sent {packet}");
        }
    }

    private async Task RefusedAsync(ushort packetId)
    {
        _open.Remove(NumberOf(packetId));
        Refusals++;
        await Task.Delay(1); // the storage fails: trying faster helps nobody
    }

    private static ushort IdOf(int number) => (ushort)((number % 60_000) + 1);

    private int NumberOf(ushort id) => _open.Keys.First(number => IdOf(number) == id);

    private Publish Message(int number) =>
        new(topic, number.ToString(CultureInfo.InvariantCulture)) { QoS = qos, PacketId = IdOf(number), Retain = retain };
}
