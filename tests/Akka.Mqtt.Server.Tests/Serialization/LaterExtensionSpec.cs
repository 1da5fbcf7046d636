using Akka.Configuration;
using Akka.Mqtt.Protocol;
using Xunit.Abstractions;

namespace Akka.Mqtt.Server.Tests.Serialization;

/// <summary>Akka makes its serialization anew when an extension adds its reference, and then knows only what the configuration names.</summary>
public sealed class LaterExtensionSpec(ITestOutputHelper output) : ServerSpec(output)
{
    [Fact]
    public void The_serializers_stay_known_when_another_extension_adds_its_reference()
    {
        Sys.Settings.InjectTopLevelFallback(ConfigurationFactory.ParseString("another.extension = on"));
        Assert.Equal("MqttServerSerializer", Sys.Serialization.FindSerializerForType(typeof(ClientState)).GetType().Name);
        Assert.Equal("MqttSerializer", Sys.Serialization.FindSerializerForType(typeof(Publish)).GetType().Name);
    }
}
