using System.Globalization;
using System.Net.Sockets;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.StorageBenchmarks;

/// <summary>A client with one subscription that writes down what it is sent, and acknowledges it.</summary>
/// <param name="clientId">The client identifier.</param>
/// <param name="filter">The filter: "#" or a topic.</param>
/// <param name="qos">The QoS of the subscription.</param>
/// <param name="receiveMaximum">How many messages it may be sent before it acknowledges one; null for no limit.</param>
internal sealed class ServerSubscriber(string clientId, string filter, QualityOfService qos, ushort? receiveMaximum = null)
{
    private readonly HashSet<ushort> _between = []; // QoS 2, between PUBLISH and PUBREL
    private readonly Dictionary<string, List<int>> _received = new(StringComparer.Ordinal);
    private bool _hasSession;
    private bool _hasSubscribed;
    private int _arrivals;

    public string ClientId => clientId;

    public QualityOfService QoS => qos;

    public ushort? ReceiveMaximum => receiveMaximum;

    /// <summary>Messages that came, those included that came again.</summary>
    public int Arrivals => Volatile.Read(ref _arrivals);

    public bool Wants(ServerPublisher publisher) => filter == "#" || filter == publisher.Topic;

    /// <summary>The numbers that came by a topic, in order.</summary>
    public List<int> Received(string topic)
    {
        lock (_received)
            return _received.TryGetValue(topic, out var numbers) ? [.. numbers] : [];
    }

    /// <summary>Whether everything that a publisher's server has acknowledged has come.</summary>
    public bool HasAll(ServerPublisher publisher) => !publisher.Acknowledged.ToArray().Except(Received(publisher.Topic)).Any();

    /// <summary>Whether the server has acknowledged the subscription: from then on nothing may be missed.</summary>
    public bool HasSubscribed => _hasSubscribed;

    /// <summary>Subscribes, if that was not acknowledged yet, and receives until the connection ends or it is over.</summary>
    public async Task RunAsync(ServerClient client, bool sessionPresent, Func<bool> isOver)
    {
        if (_hasSession && !sessionPresent)
            throw new InvalidOperationException($"{clientId}: its session is lost");
        _hasSession = true;
        if (!sessionPresent)
            _between.Clear();
        try
        {
            if (!_hasSubscribed)
                await client.SendAsync(new Subscribe(1, new Subscription(filter, qos) { RetainHandling = RetainHandling.DoNotSend }));
            while (!isOver())
            {
                await client.SendAsync(new PingReq()); // so that there is an answer when all have been received
                MqttPacket? packet;
                do
                {
                    packet = await client.NextAsync();
                    if (packet is null)
                        return;
                    await HandleAsync(client, packet);
                }
                while (packet is not PingResp);
                await Task.Delay(2);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // the server was killed
        }
    }

    private async Task HandleAsync(ServerClient client, MqttPacket packet)
    {
        if (packet is Publish)
            Interlocked.Increment(ref _arrivals);
        switch (packet)
        {
            case SubAck:
                _hasSubscribed = true;
                break;
            case Publish { QoS: QualityOfService.AtLeastOnce } message:
                Take(message);
                await client.SendAsync(new PubAck(message.PacketId));
                break;
            case Publish { QoS: QualityOfService.ExactlyOnce } message:
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
        lock (_received)
        {
            if (!_received.TryGetValue(message.Topic, out var numbers))
                _received[message.Topic] = numbers = [];
            numbers.Add(int.Parse(message.Payload.ToText(), CultureInfo.InvariantCulture));
        }
    }
}
