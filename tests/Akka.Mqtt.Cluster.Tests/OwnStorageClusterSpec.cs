using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server;
using Akka.Mqtt.Storage;
using Xunit.Abstractions;

namespace Akka.Mqtt.Cluster.Tests;

/// <summary>Nodes with a storage of their own each: what is durable stays on its node.</summary>
public sealed class OwnStorageClusterSpec(ITestOutputHelper output) : ClusterSpec(output)
{
    private readonly List<string> _directories = [];

    protected override MqttServerStorage Storage
    {
        get
        {
            _directories.Add(System.IO.Directory.CreateTempSubdirectory("akka-mqtt-").FullName);
            return new SqliteStorage(_directories[^1]);
        }
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        foreach (var directory in _directories)
            System.IO.Directory.Delete(directory, recursive: true);
    }

    private async Task<ConnAck> ConnectAsync(MqttServer node, string clientId)
    {
        var client = await DialAsync(node);
        await client.SendAsync(new Connect
        {
            ClientId = clientId, CleanStart = false, Properties = new ConnectProperties { SessionExpiryInterval = 600 },
        });
        return await client.ExpectAsync<ConnAck>();
    }

    [Fact]
    public async Task A_client_that_wants_its_durable_session_on_another_node_is_refused_with_0x9C_and_its_own_node_still_has_it()
    {
        Assert.Equal(ReasonCode.Success, (await ConnectAsync(First, "client")).ReasonCode);
        Assert.Equal(ReasonCode.UseAnotherServer, (await ConnectAsync(Second, "client")).ReasonCode);
        var again = await ConnectAsync(First, "client");
        Assert.Equal((ReasonCode.Success, true), (again.ReasonCode, again.SessionPresent));
    }
}
