using System.Runtime.CompilerServices;
using Akka.Actor;
using Akka.Mqtt.Server.Serialization;
using Xunit.Abstractions;

namespace Akka.Mqtt.Server.Tests.Serialization;

/// <summary>Samples of what nodes tell a server, and it them: see <see cref="WireSamples"/>.</summary>
public sealed class ServerWireSamplesSpec(ITestOutputHelper output)
    : global::Akka.TestKit.Xunit2.TestKit(TestSystem.Configured(MqttServer.DefaultConfig().WithFallback(MqttExt.DefaultConfig())), null, output)
{
    private const string Present = "v1";

    [Fact]
    public void Each_file_is_read_and_means_what_it_meant() => Samples().AssertRead(Sys, MqttServerSerializer.Id);

    [Fact]
    public void Each_message_has_a_file_of_the_present_version() => Samples().AssertWritten(new MqttServerSerializer((ExtendedActorSystem)Sys));

    private WireSamples Samples([CallerFilePath] string file = "") => new(
        Path.Combine(Path.GetDirectoryName(file)!, "Samples"),
        Present,
        ServerMessages.Of(((ExtendedActorSystem)Sys).Provider.ResolveActorRef("akka://test/user/mqtt-server/admin#17")));
}
