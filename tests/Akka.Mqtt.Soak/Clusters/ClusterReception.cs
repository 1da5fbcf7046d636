using System.Collections.Concurrent;
using System.Globalization;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Soak.Clusters;

/// <summary>What a client receives, over all connections of its session: it answers, and writes down the numbers.</summary>
internal sealed class ClusterReception
{
    private readonly HashSet<ushort> _between = []; // QoS 2, between PUBLISH and PUBREL
    private readonly ConcurrentDictionary<string, List<int>> _received = new(StringComparer.Ordinal);

    /// <summary>The numbers that came by a topic, in order.</summary>
    public List<int> Received(string topic)
    {
        var numbers = _received.GetOrAdd(topic, static _ => []);
        lock (numbers)
            return [.. numbers];
    }

    /// <summary>Forgets what has come: it was checked.</summary>
    public void Forget() => _received.Clear();

    /// <summary>The session begins anew.</summary>
    public void Begin() => _between.Clear();

    /// <summary>Handles what the client is sent.</summary>
    public async Task HandleAsync(Client client, MqttPacket packet)
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
