using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Benchmarks;

/// <summary>The packets that both codecs work on.</summary>
public enum WireCase
{
    Publish64V311,

    /// <summary>The same on a topic that is different in each message, of more than any cache keeps.</summary>
    Publish64V311Changing,
    Publish1KV311,
    Publish64KV311,
    Publish64V5,

    /// <summary>The same with a user property that is different in each message: no cache of properties helps.</summary>
    Publish64V5Changing,
    Publish1KV5,
    Publish64KV5,
    ConnectV311,
    ConnectV5,

    /// <summary>Each of another device, which is in all its texts.</summary>
    ConnectV5Changing,
    SubscribeV311,
    SubscribeV5,

    /// <summary>Each of another device, which is in two of three filters.</summary>
    SubscribeV5Changing,
    PubAckV311,
    PubAckV5,
}

internal static class WireCases
{
    /// <summary>Four times what the largest cache of the decoder keeps; they come in turn, so that none is found in it.</summary>
    public const int ChangingMessages = 4096;

    public static MqttVersion Version(WireCase wireCase) =>
        wireCase.ToString().Contains("V5", StringComparison.Ordinal) ? MqttVersion.V5 : MqttVersion.V311;

    /// <summary>Whether each message is another one: <see cref="ChangingMessages"/> in turn.</summary>
    public static bool IsChanging(WireCase wireCase) => wireCase.ToString().EndsWith("Changing", StringComparison.Ordinal);

    /// <summary>One of the packets of a case; they are all the same unless the case is a changing one.</summary>
    public static MqttPacket Packet(WireCase wireCase, int message = 17) => wireCase switch
    {
        WireCase.Publish64V311Changing => Publish(64, MqttVersion.V311) with { Topic = $"sensors/{message:D6}/temperature" },
        WireCase.Publish64V5Changing => Publish(64, MqttVersion.V5, $"0af7651916cd43dd8448eb211c8{message:D5}"),
        WireCase.Publish64V311 or WireCase.Publish64V5 => Publish(64, Version(wireCase)),
        WireCase.Publish1KV311 or WireCase.Publish1KV5 => Publish(1024, Version(wireCase)),
        WireCase.Publish64KV311 or WireCase.Publish64KV5 => Publish(65_536, Version(wireCase)),
        WireCase.ConnectV311 or WireCase.ConnectV5 => Connect(Version(wireCase), 17, "user"),
        WireCase.ConnectV5Changing => Connect(MqttVersion.V5, message, $"{message:D4}"),
        WireCase.SubscribeV311 or WireCase.SubscribeV5 => Subscribe("+", 17),
        WireCase.SubscribeV5Changing => Subscribe($"{message:D1}", message),
        _ => new PubAck(4711),
    };

    private static Connect Connect(MqttVersion version, int device, string user) => new()
    {
        Version = version,
        ClientId = $"device-{device:D6}",
        UserName = user,
        Password = "secret",
        Will = new Will($"devices/{device:D6}/state", "offline"),
        Properties = version == MqttVersion.V5 ? new ConnectProperties { SessionExpiryInterval = 3600, ReceiveMaximum = 100 } : null,
    };

    private static Subscribe Subscribe(string sensor, int device) => new(
        10,
        new Subscription($"sensors/{sensor}/temperature", QualityOfService.AtLeastOnce),
        new Subscription($"commands/device-{device:D6}/#", QualityOfService.ExactlyOnce),
        "$SYS/broker/uptime");

    private static Publish Publish(int payload, MqttVersion version, string trace = "0af7651916cd43dd8448eb211c80319c") => new(
        "sensors/000017/temperature",
        new byte[payload])
    {
        Properties = version != MqttVersion.V5 ? null : new PublishProperties
        {
            PayloadFormatIndicator = false,
            MessageExpiryInterval = 60,
            ContentType = "application/json",
            UserProperties = [new UserProperty("trace", trace)],
        },
    };
}
