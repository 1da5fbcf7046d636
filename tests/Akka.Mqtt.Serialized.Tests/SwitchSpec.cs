namespace Akka.Mqtt.Conformance;

/// <summary>The systems of these tests serialize, whatever the environment says.</summary>
public sealed class SwitchSpec(ServerFixture server) : IClassFixture<ServerFixture>
{
    [Fact]
    public void Every_message_and_every_Props_is_serialized()
    {
        Assert.True(server.Sys.Settings.SerializeAllMessages);
        Assert.True(server.Sys.Settings.SerializeAllCreators);
    }
}
