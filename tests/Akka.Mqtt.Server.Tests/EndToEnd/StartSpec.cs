using Akka.Configuration;
using Xunit.Abstractions;

namespace Akka.Mqtt.Server.Tests;

/// <summary>What keeps a server from starting is told to whoever starts it.</summary>
public class StartSpec(ITestOutputHelper output) : ServerSpec(output)
{
    [Fact]
    public async Task A_dispatcher_that_is_not_configured_fails_the_start()
    {
        var settings = Settings();
        settings = settings with { Connection = settings.Connection with { Dispatcher = "nowhere" } };
        var error = await Assert.ThrowsAsync<ConfigurationException>(() => MqttServer.StartAsync(Sys, settings));
        Assert.Contains("nowhere", error.Message, StringComparison.Ordinal);
    }
}
