using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server;

namespace Akka.Mqtt.Cli.Tests.Mosquitto;

/// <summary>Bridges of a mosquitto.conf.</summary>
public sealed class MosquittoBridgeSpec : MosquittoSpec
{
    [Fact]
    public void A_bridge_has_what_the_file_says()
    {
        var (settings, warnings) = Read("""
            listener 1883
            connection cloud
            addresses a.example b.example:1884
            topic sensors/# out 1
            topic # both 2 home/ site-7/
            topic "" in 0 door house/door
            topic state
            remote_clientid the-bridge
            remote_username u
            remote_password p w
            keepalive_interval 20
            restart_timeout 2 40
            cleansession true
            try_private false
            notifications_local_only true
            notification_topic bridges/cloud
            bridge_outgoing_retain false
            bridge_protocol_version mqttv50
            max_queued_messages 7
            """);
        var bridge = Assert.Single(settings.Bridges);
        Assert.Empty(warnings);
        Assert.Equal(("cloud", 7), (bridge.Name, settings.MaxQueuedMessages));
        Assert.Equal(
            [
                new MqttBridgeTopic("sensors/#"),
                new MqttBridgeTopic("#") { Direction = MqttBridgeDirection.Both, QoS = QualityOfService.ExactlyOnce, LocalPrefix = "home/", RemotePrefix = "site-7/" },
                new MqttBridgeTopic("") { Direction = MqttBridgeDirection.In, QoS = QualityOfService.AtMostOnce, LocalPrefix = "door", RemotePrefix = "house/door" },
                new MqttBridgeTopic("state") { QoS = QualityOfService.AtMostOnce },
            ],
            bridge.Topics);
        var client = bridge.Client;
        Assert.Equal(["mqtt://a.example/", "mqtt://b.example:1884/"], client.Servers.Select(each => $"{each}"));
        Assert.Equal(("the-bridge", "u", "p w", true), (client.ClientId, client.UserName, client.Password?.ToText(), client.CleanStart));
        Assert.Equal((MqttVersion.V5, 20, 2, 40), (client.Version, client.KeepAlive.TotalSeconds, client.FirstWait.TotalSeconds, client.LongestWait.TotalSeconds));
        Assert.Equal((false, false, MqttBridgeNotifications.Local, "bridges/cloud"), (bridge.TryPrivate, bridge.OutgoingRetain, bridge.Notifications, bridge.NotificationTopic));
    }

    [Fact]
    public void Without_more_words_it_is_as_in_mosquitto()
    {
        var (settings, warnings) = Read("""
            connection b
            address a.example
            topic a
            idle_timeout 3
            """);
        var bridge = Assert.Single(settings.Bridges);
        Assert.Equal(
            (MqttVersion.V311, 60, true, MqttBridgeNotifications.Both, false, true),
            (bridge.Client.Version, bridge.Client.KeepAlive.TotalSeconds, bridge.TryPrivate, bridge.Notifications, bridge.Client.CleanStart, bridge.OutgoingRetain));
        Assert.Equal(":4: idle_timeout:", OfLine(Assert.Single(warnings)));
    }

    [Theory]
    [InlineData("connection b\naddress a.example", ":1: connection: it has no topic")]
    [InlineData("connection b\ntopic a", ":1: connection: it has no address")]
    [InlineData("connection b\naddress a\ntopic a\nconnection b", ":4: connection: there are two")]
    [InlineData("connection", ":1: connection: it has no name")]
    [InlineData("connection b\ntopic a up", ":2: topic: 'up'")]
    [InlineData("connection b\ntopic a out 3", ":2: topic: '3'")]
    [InlineData("connection b\ntopic a out 1 b c d", ":2: topic: it has more")]
    [InlineData("connection b\nstart_type lazy", ":2: start_type: 'lazy'")]
    [InlineData("connection b\nrestart_timeout 30 5", ":2: restart_timeout:")]
    [InlineData("connection b\nbridge_protocol_version mqttv6", ":2: bridge_protocol_version:")]
    [InlineData("connection b\nbridge_psk 1234", ":2: bridge_psk:")]
    [InlineData("connection b\nbridge_cafile /no/such/file", ":2: bridge_cafile:")]
    [InlineData("topic a out", ":1: topic: there is no such option")]
    public void What_is_wrong_with_a_bridge_is_an_error_with_its_line(string text, string expected)
    {
        var error = Assert.Throws<CommandFailure>(() => Read(text));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }
}
