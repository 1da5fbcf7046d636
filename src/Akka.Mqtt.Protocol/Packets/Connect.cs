namespace Akka.Mqtt.Protocol;

/// <summary>The CONNECT packet (section 3.1): the first packet of a client, once per connection. To dial, see <c>Mqtt.Connect</c>.</summary>
public sealed record Connect : MqttPacket
{
    /// <inheritdoc/>
    public override MqttPacketType Type => MqttPacketType.Connect;

    /// <summary>The protocol name that belongs to <see cref="Version"/>: <c>MQIsdp</c> in 3.1, <c>MQTT</c> from 3.1.1 on.</summary>
    public string ProtocolName => Version == MqttVersion.V31 ? "MQIsdp" : "MQTT";

    /// <summary>The protocol version. Default: 5.0.</summary>
    public MqttVersion Version { get; init; } = MqttVersion.V5;

    /// <summary>The client identifier; empty asks the server to assign one (3.1.1: only with <see cref="CleanStart"/>). Default: empty.</summary>
    public string ClientId { get; init; } = "";

    /// <summary>Clean Start of 5.0, Clean Session of 3.x. Default: <see langword="true"/>.</summary>
    public bool CleanStart { get; init; } = true;

    /// <summary>The longest pause between two packets of the client, in seconds, 0 to 65,535; 0 switches keep-alive off. Default: 60.</summary>
    public ushort KeepAlive { get; init; } = 60;

    /// <summary>The will message, or null for none.</summary>
    public Will? Will { get; init; }

    /// <summary>The user name, or null for none.</summary>
    public string? UserName { get; init; }

    /// <summary>The password, or null for none. 3.x allows it only together with a user name.</summary>
    public MqttBinary? Password { get; init; }

    /// <summary>MQTT 5.0 properties, or null for none.</summary>
    public ConnectProperties? Properties { get; init; }

    /// <summary>Shows everything but the password.</summary>
    /// <returns>A line for a log.</returns>
    public override string ToString() =>
        PacketText.Of(this, $"{Version}, ClientId={ClientId}, CleanStart={CleanStart}, KeepAlive={KeepAlive}")
            .Add("UserName", UserName).Add("Password", Password is null ? null : "***").Add("Will", Will).Add(Properties).ToString();
}
