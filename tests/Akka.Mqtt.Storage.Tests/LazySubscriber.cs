using System.Globalization;
using System.Net.Sockets;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.StorageBenchmarks;

namespace Akka.Mqtt.Storage.Tests;

/// <summary>A client with a small window that leaves some acknowledgements open, over connections and over kills of its server.</summary>
/// <param name="clientId">The client identifier.</param>
/// <param name="qos">The QoS of its subscription, which is to all topics.</param>
/// <param name="window">Its Receive Maximum.</param>
/// <param name="random">Decides which acknowledgements it leaves open; used by one task at a time.</param>
internal sealed class LazySubscriber(string clientId, QualityOfService qos, ushort window, Random random)
{
    private readonly SemaphoreSlim _sending = new(1, 1);
    private readonly Lock _gate = new();
    private readonly HashSet<ushort> _between = []; // QoS 2, between PUBLISH and PUBREL
    private readonly HashSet<(string Topic, int Number)> _received = [];
    private readonly HashSet<ushort> _unfinished = []; // messages of this connection that are not acknowledged to the end
    private readonly List<MqttPacket> _open = []; // acknowledgements that it has not sent
    private ServerClient? _client;
    private bool _isLazy;

    public string ClientId => clientId;

    public ushort Window => window;

    /// <summary>Whether the server has acknowledged the subscription.</summary>
    public bool HasSubscribed { get; private set; }

    /// <summary>Whether it has all that the server has acknowledged to a publisher.</summary>
    public bool HasAll(ServerPublisher publisher)
    {
        lock (_gate)
            return publisher.Acknowledged.ToArray().All(number => _received.Contains((publisher.Topic, number)));
    }

    /// <summary>Whether its window is full, so that the server may send nothing.</summary>
    public bool IsFull
    {
        get
        {
            lock (_gate)
                return _unfinished.Count >= window;
        }
    }

    /// <summary>What it knows, for the message of a failed test.</summary>
    public override string ToString()
    {
        lock (_gate)
            return $"{clientId}, Receive Maximum {window}: {_unfinished.Count} unfinished, {_between.Count} between PUBLISH and PUBREL, not sent: {string.Join(", ", _open)}";
    }

    /// <summary>A connection: from here on nothing that comes by an earlier one counts. Receives until it ends.</summary>
    public async Task RunAsync(ServerClient client, bool sessionPresent)
    {
        lock (_gate)
        {
            _client = client;
            _unfinished.Clear();
            _open.Clear();
            if (!sessionPresent)
                _between.Clear();
            if (HasSubscribed && !sessionPresent)
                throw new InvalidOperationException($"{clientId}: its session is lost");
        }
        if (!HasSubscribed)
            await SendAsync(client, new Subscribe(1, new Subscription("#", qos) { RetainHandling = RetainHandling.DoNotSend }));
        while (await client.NextAsync() is { } packet)
            await HandleAsync(client, packet);
    }

    /// <summary>From here on it leaves some acknowledgements open.</summary>
    public void BecomeLazy()
    {
        lock (_gate)
            _isLazy = true;
    }

    /// <summary>Sends what it has left open, and leaves nothing open any more, also on its next connections.</summary>
    public async Task AcknowledgeAsync()
    {
        ServerClient? client;
        List<MqttPacket> open;
        lock (_gate)
        {
            (client, _isLazy) = (_client, false);
            open = [.. _open];
            _open.Clear();
        }
        foreach (var packet in open) // none while no connection has begun
            await FinishAsync(client!, packet);
    }

    /// <summary>Sends some of what it has left open.</summary>
    public async Task AcknowledgeOneAsync()
    {
        ServerClient? client;
        MqttPacket packet;
        lock (_gate)
        {
            if (_open.Count == 0)
                return;
            var at = random.Next(_open.Count);
            (client, packet) = (_client, _open[at]);
            _open.RemoveAt(at);
        }
        await FinishAsync(client!, packet);
    }

    private async Task HandleAsync(ServerClient client, MqttPacket packet)
    {
        MqttPacket? answer = null;
        lock (_gate)
        {
            if (!ReferenceEquals(client, _client))
                return; // another connection has taken its place
            switch (packet)
            {
                case SubAck:
                    HasSubscribed = true;
                    break;
                case Publish { QoS: QualityOfService.AtLeastOnce } message:
                    Take(message, isNew: true);
                    answer = new PubAck(message.PacketId);
                    break;
                case Publish { QoS: QualityOfService.ExactlyOnce } message:
                    Take(message, _between.Add(message.PacketId));
                    answer = new PubRec(message.PacketId);
                    break;
                case PubRel release:
                    _between.Remove(release.PacketId);
                    answer = new PubComp(release.PacketId);
                    break;
            }
            if (answer is null)
                return;
            if (_isLazy && random.Next(4) == 0)
            {
                _open.Add(answer);
                return;
            }
        }
        await FinishAsync(client, answer);
        if (random.Next(6) == 0)
            await AcknowledgeOneAsync();
    }

    private void Take(Publish message, bool isNew)
    {
        if (isNew)
            _received.Add((message.Topic, int.Parse(message.Payload.ToText(), CultureInfo.InvariantCulture)));
        _unfinished.Add(message.PacketId);
        if (_unfinished.Count > window)
            throw new InvalidOperationException($"{clientId} was sent {_unfinished.Count} messages, and its Receive Maximum is {window}");
    }

    /// <summary>Sends an acknowledgement. Its message does not count any more from the moment at which the server may know that.</summary>
    private async Task FinishAsync(ServerClient client, MqttPacket answer)
    {
        lock (_gate)
        {
            if (!ReferenceEquals(client, _client))
                return;
            if (answer is PubAck ack)
                _unfinished.Remove(ack.PacketId);
            else if (answer is PubComp comp)
                _unfinished.Remove(comp.PacketId);
        }
        await SendAsync(client, answer);
    }

    private async Task SendAsync(ServerClient client, MqttPacket packet)
    {
        await _sending.WaitAsync();
        try
        {
            await client.SendAsync(packet);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The connection has ended: the loop that receives ends too.
        }
        finally
        {
            _sending.Release();
        }
    }
}
