using Akka.Mqtt.Serialization;
using Xunit;
using Xunit.Abstractions;

namespace Akka.Mqtt.Tests.Serialization;

/// <summary>Base of the specs of the serializer: a round trip by Akka's serialization, as remoting does it.</summary>
public abstract class SerializerSpec : MqttSpec
{
    protected SerializerSpec(ITestOutputHelper output)
        : base(output) => _ = Sys.Mqtt();

    /// <summary>What arrives at another node when a message is told to it.</summary>
    protected T Travel<T>(T message)
        where T : class
    {
        var serializer = Assert.IsType<MqttSerializer>(Sys.Serialization.FindSerializerFor(message));
        var bytes = serializer.ToBinary(message);
        var manifest = Akka.Serialization.Serialization.ManifestFor(serializer, message);
        var read = Sys.Serialization.Deserialize(bytes, serializer.Identifier, manifest);
        return Assert.IsType<T>(read, exactMatch: false);
    }
}
