using System.Net.Sockets;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Soak.Clusters;

/// <summary>A client that has subscribed to everything at one node, and writes down what it is sent.</summary>
/// <param name="clientId">Its client identifier.</param>
/// <param name="node">The node that it connects to.</param>
/// <param name="qos">The QoS of its subscription.</param>
/// <param name="keeps">Whether it goes on with its session when it connects again.</param>
internal sealed class ClusterSubscriber(string clientId, ClusterNode node, QualityOfService qos, bool keeps = false)
{
    public string ClientId => clientId;

    public ClusterNode Node { get; set; } = node;

    public QualityOfService QoS => qos;

    public ClusterReception Reception { get; } = new();

    /// <summary>Connects with a new session, or the one that it keeps, subscribes, and receives until the connection ends.</summary>
    public async Task RunAsync(CancellationToken end)
    {
        if (!keeps)
            Reception.Begin();
        try
        {
            using var client = await Node.ConnectAsync(
                new Connect { ClientId = clientId, CleanStart = !keeps, Properties = new ConnectProperties { SessionExpiryInterval = uint.MaxValue } });
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
