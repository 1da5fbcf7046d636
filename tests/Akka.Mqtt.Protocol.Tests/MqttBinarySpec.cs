namespace Akka.Mqtt.Protocol.Tests;

/// <summary>What converts implicitly is copied; only <see cref="MqttBinary.Wrap"/> and <see cref="MqttList.Wrap"/> copy nothing.</summary>
public sealed class MqttBinarySpec
{
    [Fact]
    public void An_array_that_is_changed_later_does_not_change_what_was_made_from_it()
    {
        byte[] bytes = [1, 2, 3];
        MqttBinary fromArray = bytes;
        MqttBinary fromMemory = new ReadOnlyMemory<byte>(bytes);
        var fromBytes = MqttBinary.FromBytes(bytes);
        var publish = new Publish("t", bytes);
        UserProperty[] users = [new("a", "b")];
        MqttList<UserProperty> list = users;
        bytes[0] = 9;
        users[0] = new("c", "d");
        foreach (var copy in (MqttBinary[])[fromArray, fromMemory, fromBytes, publish.Payload])
            Assert.Equal([1, 2, 3], copy.ToArray());
        Assert.Equal(new UserProperty("a", "b"), list[0]);
    }

    [Fact]
    public void Wrapped_bytes_are_the_same_bytes()
    {
        byte[] bytes = [1, 2, 3];
        var wrapped = MqttBinary.Wrap(bytes.AsMemory(1));
        bytes[1] = 9;
        Assert.Equal([9, 3], wrapped.ToArray());
    }

    [Fact]
    public void A_wrapped_array_is_the_list()
    {
        string[] filters = ["a", "b"];
        var wrapped = MqttList.Wrap(filters);
        filters[0] = "c";
        Assert.Equal("c", wrapped[0]);
        Assert.Equal(2, wrapped.Count);
    }

    [Fact]
    public void Nothing_is_empty()
    {
        Assert.Equal(default, (MqttBinary)(byte[]?)null);
        Assert.True(((MqttBinary)Array.Empty<byte>()).IsEmpty);
        Assert.True(MqttBinary.Wrap(default).IsEmpty);
    }
}
