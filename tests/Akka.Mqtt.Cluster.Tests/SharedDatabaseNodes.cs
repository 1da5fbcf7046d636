using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server;
using Akka.Mqtt.Server.Tests;
using Akka.Mqtt.Storage.PostgreSql;
using Akka.Mqtt.Storage.Tests;
using Xunit.Abstractions;

namespace Akka.Mqtt.Cluster.Tests;

/// <summary>Base of the specs of a cluster whose nodes have one PostgreSQL database.</summary>
public abstract class SharedDatabaseNodes(PostgreSqlServer server, ITestOutputHelper output, string config = "") : ClusterSpec(output, config: config)
{
    private string? _connection;

    protected override MqttServerStorage? Storage => PostgreSqlServer.Missing is null
        ? new PostgreSqlStorage(_connection ??= server.NewDatabase().GetAwaiter().GetResult() + ";Maximum Pool Size=5")
        : null;

    private protected async Task<PacketClient> KeptAsync(MqttServer node, string clientId, bool isPresent, Will? will = null, bool cleanStart = false)
    {
        var client = await DialAsync(node);
        await client.SendAsync(new Connect
        {
            ClientId = clientId, CleanStart = cleanStart, Will = will, Properties = new ConnectProperties { SessionExpiryInterval = 600 },
        });
        var answer = await client.ExpectAsync<ConnAck>();
        Assert.Equal((ReasonCode.Success, isPresent), (answer.ReasonCode, answer.SessionPresent));
        return client;
    }

    private protected async Task<PacketClient> KeptSubscriberAsync(MqttServer node, string clientId, string filter)
    {
        var client = await KeptAsync(node, clientId, isPresent: false);
        await client.SendAsync(new Subscribe(1, new Subscription(filter, QualityOfService.ExactlyOnce))
        {
            Properties = new SubscribeProperties { SubscriptionIdentifier = 7 },
        });
        await client.ExpectAsync<SubAck>();
        return client;
    }

    private protected static Publish Message(string payload, QualityOfService qos = QualityOfService.AtLeastOnce) => new("a", payload) { QoS = qos };

    private protected static async Task PublishAsync(MqttServer node, params string[] payloads)
    {
        foreach (var payload in payloads)
            Assert.Equal(ReasonCode.Success, await node.PublishAsync(Message(payload)).WaitAsync(Soon));
    }

    private protected static async Task ExpectAsync(PacketClient client, params string[] payloads)
    {
        foreach (var payload in payloads)
        {
            var publish = await client.ExpectAsync<Publish>();
            Assert.Equal(payload, publish.Payload.ToText());
            await client.SendAsync(new PubAck(publish.PacketId));
        }
    }

    /// <summary>Takes so many messages of QoS 2, and no other one comes.</summary>
    private protected static async Task<List<string>> ReceiveAsync(PacketClient client, int count)
    {
        List<string> received = [];
        for (var released = 0; released < count;)
        {
            switch (await client.NextAsync())
            {
                case Publish publish:
                    received.Add(publish.Payload.ToText());
                    await client.SendAsync(new PubRec(publish.PacketId));
                    break;
                case PubRel release:
                    released++;
                    await client.SendAsync(new PubComp(release.PacketId));
                    break;
                case var other:
                    Assert.Fail($"{other} came");
                    break;
            }
        }
        await client.ExpectNothingAsync();
        return received;
    }

    private protected Task<long> Scalar(string sql) => PostgreSqlServer.ScalarAsync(_connection!, sql);
}
