using Akka.Actor;
using Akka.Mqtt.Server.Serialization;
using Akka.Mqtt.Server.Sessions;
using Akka.Serialization;
using Xunit.Abstractions;

namespace Akka.Mqtt.Server.Tests.Serialization;

/// <summary>Commands to a server, their answers and its events arrive at another node as they were told.</summary>
public sealed class ServerSerializationSpec(ITestOutputHelper output)
    : global::Akka.TestKit.Xunit2.TestKit(TestSystem.Configured(MqttServer.DefaultConfig().WithFallback(MqttExt.DefaultConfig())), null, output)
{
    private Dictionary<string, object>.ValueCollection Messages() => ServerMessages.Of(TestActor).Values;

    [Fact]
    public void They_arrive_as_they_were_told()
    {
        foreach (var message in Messages())
        {
            var serializer = Assert.IsType<MqttServerSerializer>(Sys.Serialization.FindSerializerFor(message));
            var bytes = serializer.ToBinary(message);
            var arrived = Sys.Serialization.Deserialize(bytes, serializer.Identifier, serializer.Manifest(message));
            if (message is SessionOpened)
                Assert.Same(message, arrived);
            else
                Assert.Equal(message, arrived);
        }
    }

    [Fact]
    public void Why_rules_were_not_read_again_arrives_with_the_texts_of_its_exception()
    {
        var cause = new Configuration.ConfigurationException("users:1", new FormatException("inner"));
        var serializer = new MqttServerSerializer((ExtendedActorSystem)Sys);
        var arrived = (SecurityNotReloaded)serializer.FromBinary(serializer.ToBinary(new SecurityNotReloaded("text") { Cause = cause }), "AF");
        Assert.Equal(("text", "users:1", $"{cause}"), (arrived.Message, arrived.Cause!.Message, $"{arrived.Cause}"));
    }

    [Fact]
    public void Every_message_of_the_server_travels()
    {
        var here = Messages().Select(message => message.GetType()).ToHashSet();
        Assert.Equal(MqttServerSerializer.Types.ToHashSet(), here);
        var told = typeof(MqttServer).GetNestedTypes().Where(type => !type.IsAbstract && !type.IsEnum)
            .Concat(typeof(MqttServer).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(MqttServerEvent))));
        Assert.All(told, type => Assert.Contains(type, here));
    }

    [Fact]
    public void A_node_with_a_server_has_the_serializer_without_a_key_in_its_configuration()
    {
        var system = TestSystem.Create("plain", "akka.stdout-loglevel = WARNING");
        RunningServers.Get(system);
        foreach (var message in Messages())
            Assert.IsType<MqttServerSerializer>(system.Serialization.FindSerializerFor(message));
        system.Dispose();
    }

    [Fact]
    public void What_a_later_version_wrote_is_refused_with_its_version()
    {
        var serializer = (SerializerWithStringManifest)Sys.Serialization.FindSerializerFor(ReloadSecurity.Instance);
        var failure = Assert.Throws<System.Runtime.Serialization.SerializationException>(() => serializer.FromBinary([2], "AR"));
        Assert.Contains("format 2", failure.Message, StringComparison.Ordinal);
        Assert.Throws<System.Runtime.Serialization.SerializationException>(() => serializer.FromBinary([1], "XX"));
    }
}
