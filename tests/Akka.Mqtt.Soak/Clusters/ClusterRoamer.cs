using System.Net.Sockets;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Soak.Clusters;

/// <summary>A client whose session is kept, and that connects to one node after the other, so that its session moves while messages come for it.</summary>
internal sealed class ClusterRoamer(string clientId, IReadOnlyList<ClusterNode> nodes, QualityOfService qos, int seed)
{
    private readonly Random _random = new(seed);

    public string ClientId => clientId;

    public QualityOfService QoS => qos;

    public ClusterReception Reception { get; } = new();

    /// <summary>How often it has connected.</summary>
    public int Connections { get; private set; }

    /// <summary>Begins with a new session.</summary>
    public async Task BeginAsync()
    {
        Reception.Begin();
        using var client = await ConnectAsync(cleanStart: true);
        await client.SendAsync(new Subscribe(1, new Subscription("#", qos)));
        while (await client.NextAsync(TimeSpan.FromSeconds(10)) is { } packet and not SubAck)
            await Reception.HandleAsync(client, packet);
    }

    /// <summary>Connects to one node after the other.</summary>
    /// <param name="end">From then on it stays where it is.</param>
    /// <param name="stop">It is not needed any more.</param>
    public async Task RunAsync(CancellationToken end, CancellationToken stop)
    {
        Client? before = null;
        while (!stop.IsCancellationRequested)
        {
            try
            {
                var client = await ConnectAsync(cleanStart: false);
                before?.Dispose(); // its session has been taken over
                before = client;
                using var wait = CancellationTokenSource.CreateLinkedTokenSource(stop);
                if (!end.IsCancellationRequested)
                    wait.CancelAfter(_random.Next(20, 400));
                await ReceiveAsync(client, wait.Token);
                if (_random.Next(2) == 0)
                    before.Reset(); // the network connection is lost before the next one
            }
            catch (Exception error) when (error is SocketException or IOException or ObjectDisposedException or OperationCanceledException)
            {
                await Task.Delay(50, CancellationToken.None); // its node is gone, or another client has the session
            }
        }
        before?.Dispose();
    }

    private async Task ReceiveAsync(Client client, CancellationToken wait)
    {
        while (true)
        {
            MqttPacket? packet;
            try
            {
                packet = await client.NextAsync(wait);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            if (packet is null)
                return;
            await Reception.HandleAsync(client, packet);
        }
    }

    private async Task<Client> ConnectAsync(bool cleanStart)
    {
        Connections++;
        return await nodes[_random.Next(nodes.Count)].ConnectAsync(
            new Connect { ClientId = clientId, CleanStart = cleanStart, Properties = new ConnectProperties { SessionExpiryInterval = uint.MaxValue } });
    }
}
