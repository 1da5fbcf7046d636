using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Benchmarks;

/// <summary>The packets that both codecs work on.</summary>
public enum WireCase
{
    Publish64V311,
    Publish1KV311,
    Publish64KV311,
    Publish64V5,

    /// <summary>The same with a user property that is different in each message: no cache of properties helps.</summary>
    Publish64V5Traced,
    Publish1KV5,
    Publish64KV5,
    ConnectV311,
    ConnectV5,
    SubscribeV311,
    SubscribeV5,
    PubAckV311,
    PubAckV5,
}

internal static class WireCases
{
    public static MqttVersion Version(WireCase wireCase) =>
        wireCase.ToString().Contains("V5", StringComparison.Ordinal) ? MqttVersion.V5 : MqttVersion.V311;

    public static MqttPacket Packet(WireCase wireCase, int message = 0) => wireCase switch
    {
        WireCase.Publish64V5Traced => Publish(64, MqttVersion.V5, $"0af7651916cd43dd8448eb211c8{message:D5}"),
        WireCase.Publish64V311 or WireCase.Publish64V5 => Publish(64, Version(wireCase)),
        WireCase.Publish1KV311 or WireCase.Publish1KV5 => Publish(1024, Version(wireCase)),
        WireCase.Publish64KV311 or WireCase.Publish64KV5 => Publish(65_536, Version(wireCase)),
        WireCase.ConnectV311 or WireCase.ConnectV5 => new Connect
        {
            Version = Version(wireCase),
            ClientId = "device-000017",
            UserName = "user",
            Password = "secret",
            Will = new Will("devices/000017/state", "offline"),
            Properties = Version(wireCase) == MqttVersion.V5 ? new ConnectProperties { SessionExpiryInterval = 3600, ReceiveMaximum = 100 } : null,
        },
        WireCase.SubscribeV311 or WireCase.SubscribeV5 => new Subscribe(
            10,
            new Subscription("sensors/+/temperature", QualityOfService.AtLeastOnce),
            new Subscription("commands/device-000017/#", QualityOfService.ExactlyOnce),
            "$SYS/broker/uptime"),
        _ => new PubAck(4711),
    };

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
