using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Sockets;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Soak.Clusters;

/// <summary>A client that has subscribed to everything at one node, and writes down what it is sent.</summary>
internal sealed class ClusterSubscriber(string clientId, ClusterNode node, QualityOfService qos)
{
    private readonly HashSet<ushort> _between = []; // QoS 2, between PUBLISH and PUBREL
    private readonly ConcurrentDictionary<string, List<int>> _received = new(StringComparer.Ordinal);

    public string ClientId => clientId;

    public ClusterNode Node => node;

    public QualityOfService QoS => qos;

    /// <summary>The numbers that came by a topic, in order.</summary>
    public List<int> Received(string topic)
    {
        var numbers = _received.GetOrAdd(topic, static _ => []);
        lock (numbers)
            return [.. numbers];
    }

    /// <summary>Forgets what has come: it was checked.</summary>
    public void Forget() => _received.Clear();

    /// <summary>Connects with a new session, subscribes, and receives until the connection ends.</summary>
    public async Task RunAsync(CancellationToken end)
    {
        _between.Clear();
        try
        {
            using var client = await node.ConnectAsync(
                new Connect { ClientId = clientId, CleanStart = true, Properties = new ConnectProperties { SessionExpiryInterval = uint.MaxValue } });
            await client.SendAsync(new Subscribe(1, new Subscription("#", qos)));
            using var closing = end.Register(client.Dispose);
            while (await client.NextAsync(Timeout.InfiniteTimeSpan) is { } packet)
                await HandleAsync(client, packet);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException or IOException or OperationCanceledException)
        {
            // its node is gone
        }
    }

    private async Task HandleAsync(Client client, MqttPacket packet)
    {
        switch (packet)
        {
            case Publish { QoS: QualityOfService.AtMostOnce } message:
                Take(message);
                break;
            case Publish { QoS: QualityOfService.AtLeastOnce } message:
                Take(message);
                await client.SendAsync(new PubAck(message.PacketId));
                break;
            case Publish message:
                if (_between.Add(message.PacketId))
                    Take(message);
                await client.SendAsync(new PubRec(message.PacketId));
                break;
            case PubRel release:
                _between.Remove(release.PacketId);
                await client.SendAsync(new PubComp(release.PacketId));
                break;
        }
    }

    private void Take(Publish message)
    {
        var numbers = _received.GetOrAdd(message.Topic, static _ => []);
        lock (numbers)
            numbers.Add(int.Parse(message.Payload.ToText(), CultureInfo.InvariantCulture));
    }
}
