using Akka.Mqtt.Protocol;
using Xunit;
using Xunit.Abstractions;

namespace Akka.Mqtt.AspNetCore.Tests;

/// <summary>An application that stops tells its clients so and ends their connections, long before its shutdown time-out.</summary>
public sealed class StoppingSpec(ITestOutputHelper output) : Akka.TestKit.Xunit2.TestKit(TestSystem.Configured("akka.test.single-expect-default = 10s"), output: output)
{
    [Theory]
    [InlineData(true, MqttVersion.V5)]
    [InlineData(true, MqttVersion.V311)]
    [InlineData(false, MqttVersion.V5)]
    [InlineData(false, MqttVersion.V311)]
    public async Task Clients_get_0x8B_where_their_version_has_it_and_an_end(bool webSocket, MqttVersion version)
    {
        var server = await StartAsync(webSocket);
        var client = CreateTestProbe();
        client.Send(Sys.Mqtt(), webSocket ? new Mqtt.Connect(new Uri($"ws://{server.Address}/mqtt")) : new Mqtt.Connect(server.Address));
        var dialled = (await client.ExpectMsgAsync<Mqtt.Connected>()).Connection;
        var accepted = (await ExpectMsgAsync<Mqtt.Connected>()).Connection;
        accepted.Tell(new Mqtt.Register(TestActor), TestActor);
        dialled.Tell(new Mqtt.Register(client), client);
        dialled.Tell(new Connect { ClientId = "c", Version = version }, client);
        await ExpectMsgAsync<Connect>();
        accepted.Tell(new ConnAck(), TestActor);
        await client.ExpectMsgAsync<ConnAck>();

        var stopping = server.StopAsync(TimeSpan.FromMinutes(5));
        if (version == MqttVersion.V5)
            Assert.Equal(ReasonCode.ServerShuttingDown, (await client.ExpectMsgAsync<Disconnect>()).ReasonCode);
        await client.ExpectMsgAsync<Mqtt.PeerClosed>();
        await ExpectMsgAsync<Mqtt.ConnectionClosed>();
        await stopping.WaitAsync(TimeSpan.FromSeconds(30)); // of the five minutes that it may take
        await server.DisposeAsync();
    }

    private Task<KestrelServer> StartAsync(bool webSocket) => webSocket
        ? KestrelServer.StartAsync(app => app.MapMqtt("/mqtt", Sys, TestActor, new MqttConnectionOptions()), listen => { })
        : KestrelServer.StartAsync(_ => { }, listen => listen.UseMqtt(Sys, TestActor, new MqttConnectionOptions()));
}
