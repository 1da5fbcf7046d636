using System.Net.Sockets;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Soak.Clusters;

/// <summary>A client that has subscribed to everything at one node, and writes down what it is sent.</summary>
internal sealed class ClusterSubscriber(string clientId, ClusterNode node, QualityOfService qos)
{
    public string ClientId => clientId;

    public ClusterNode Node => node;

    public QualityOfService QoS => qos;

    public ClusterReception Reception { get; } = new();

    /// <summary>Connects with a new session, subscribes, and receives until the connection ends.</summary>
    public async Task RunAsync(CancellationToken end)
    {
        Reception.Begin();
        try
        {
            using var client = await node.ConnectAsync(
                new Connect { ClientId = clientId, CleanStart = true, Properties = new ConnectProperties { SessionExpiryInterval = uint.MaxValue } });
            await client.SendAsync(new Subscribe(1, new Subscription("#", qos)));
            using var closing = end.Register(client.Dispose);
            while (await client.NextAsync(Timeout.InfiniteTimeSpan) is { } packet)
                await Reception.HandleAsync(client, packet);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException or IOException or OperationCanceledException)
        {
            // its node is gone
        }
    }
}
