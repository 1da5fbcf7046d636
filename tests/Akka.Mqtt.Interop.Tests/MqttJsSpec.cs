namespace Akka.Mqtt.Interop.Tests;

/// <summary>MQTT.js against <c>akka-mqtt serve</c>.</summary>
public class MqttJsSpec(ServeFixture serve) : IClassFixture<ServeFixture>
{
    [MqttJsTheory]
    [InlineData("mqtt", 3)]
    [InlineData("mqtt", 4)]
    [InlineData("mqtt", 5)]
    [InlineData("ws", 3)]
    [InlineData("ws", 4)]
    [InlineData("ws", 5)]
    public async Task It_publishes_and_receives_at_each_QoS_with_retained_messages_and_wills(string scheme, int version)
    {
        var address = scheme == "ws" ? serve.WebSocket : serve.Tcp;
        var output = await Tools.RunAsync("node", [Path.Combine(Tools.JavaScript, "roundtrip.mjs"), address.ToString(), $"{version}"]);
        Assert.Equal(
            $"""
            js/{version}/0 hello qos=0 retain=false
            js/{version}/1 hello qos=1 retain=false
            js/{version}/2 hello qos=2 retain=false
            js/{version}/kept kept qos=1 retain=true
            js/{version}/will dead qos=1 retain=false

            """.ReplaceLineEndings("\n"),
            output);
    }
}
