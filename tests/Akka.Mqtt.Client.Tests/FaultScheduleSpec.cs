using System.Net;
using Akka.Mqtt.Server;
using Akka.Mqtt.Soak.ClientFaults;
using Xunit.Abstractions;

namespace Akka.Mqtt.Client.Tests;

/// <summary>A few schedules of <c>client-faults</c>, which runs any number of them.</summary>
public sealed class FaultScheduleSpec : global::Akka.TestKit.Xunit2.TestKit, IAsyncLifetime
{
    private MqttServer _server = null!;

    public FaultScheduleSpec(ITestOutputHelper output)
        : base(TestSystem.Configured("akka { loglevel = ERROR, mqtt.connection.close-timeout = 500ms }"), null, output)
    {
    }

    public async Task InitializeAsync() => _server = await MqttServer.StartAsync(Sys, MqttServerSettings.Create(
        Configuration.ConfigurationFactory.ParseString("akka.mqtt.server { sys-interval = off, listeners.tcp.port = 0 }")));

    public async Task DisposeAsync() => await _server.StopAsync();

    [Fact]
    public async Task Nothing_acknowledged_is_lost_or_doubled_through_a_network_that_cuts_and_stalls()
    {
        var address = (IPEndPoint)_server.Endpoints[0].Address;
        await Parallel.ForEachAsync(Enumerable.Range(1, 40), new ParallelOptions { MaxDegreeOfParallelism = 20 }, async (seed, _) =>
        {
            var traits = new ServerTraits(KeepsReceiveMaximum: true, IsExactlyOnce: true);
            var (fault, _) = await Schedule.RunAsync(Sys, address, traits, seed, $"{seed}-", TimeSpan.FromMinutes(2));
            Assert.True(fault is null, $"client-faults --schedules 1 --seed {seed}: {fault}");
        });
    }
}
