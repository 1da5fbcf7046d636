using System.Reflection;
using Akka.Actor;
using Akka.Configuration;
using Akka.Mqtt.Server;

namespace Akka.Mqtt.Cluster.Tests;

public sealed class SettingsSpec
{
    private static MqttClusterSettings Read(string text) => MqttClusterSettings.Create(ConfigurationFactory.ParseString(text));

    [Fact]
    public void Each_key_of_the_reference_is_a_setting_and_each_setting_has_a_key()
    {
        var keys = MqttCluster.DefaultConfig().GetConfig(MqttClusterSettings.Section).Root.GetObject().Items.Keys;
        var settings = typeof(MqttClusterSettings).GetProperties(BindingFlags.Public | BindingFlags.Instance).Select(each => each.Name);
        Assert.Equal(settings.Order(StringComparer.OrdinalIgnoreCase), keys.Select(each => each.Replace("-", "", StringComparison.Ordinal)).Order(StringComparer.OrdinalIgnoreCase), StringComparer.OrdinalIgnoreCase);
    }

    [Fact]
    public void The_defaults_are_those_of_the_reference()
    {
        var settings = Read("");
        Assert.Equal(("", 65536, 4 << 20, 64L << 20), (settings.Role, settings.FrameSize, settings.Window, settings.MaxQueuedBytes));
        Assert.Equal((0, null), (settings.FramePort, Read("frame-port = off").FramePort));
        Assert.Equal(TimeSpan.FromSeconds(1), settings.ResendInterval);
        Assert.Equal((TimeSpan.FromSeconds(30), TimeSpan.FromSeconds(15)), (settings.TakeOverTimeout, settings.JoinTimeout));
    }

    [Theory]
    [InlineData("frame-size = 1000", "frame-size")]
    [InlineData("window = 1 KiB", "window")]
    [InlineData("frame-port = 65536", "frame-port")]
    [InlineData("max-queued-bytes = 1", "max-queued-bytes")]
    [InlineData("resend-interval = 0", "resend-interval")]
    [InlineData("takeover-timeout = 0", "takeover-timeout")]
    [InlineData("join-timeout = 0", "join-timeout")]
    public void A_value_that_is_out_of_range_is_an_error_that_names_the_key(string text, string key) =>
        Assert.Contains(key, Assert.Throws<ConfigurationException>(() => Read(text)).Message, StringComparison.Ordinal);

    [Fact]
    public async Task A_system_that_is_no_node_of_a_cluster_is_refused_with_the_key_to_set()
    {
        using var system = ActorSystem.Create("alone");
        var error = await Assert.ThrowsAsync<MqttServerException>(
            () => MqttServer.StartAsync(system, hooks: new MqttServerHooks { Cluster = new MqttCluster() }));
        Assert.Contains("akka.actor.provider = cluster", error.Message, StringComparison.Ordinal);
        await system.Terminate();
    }
}
