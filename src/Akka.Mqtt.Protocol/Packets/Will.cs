namespace Akka.Mqtt.Protocol;

/// <summary>The message that the server publishes when the connection of its client ends without a DISCONNECT (section 3.1.2.5).</summary>
public sealed record Will
{
    /// <summary>An empty will; set the fields in an initializer.</summary>
    public Will()
    {
    }

    /// <summary>A will message.</summary>
    /// <param name="topic">The topic name; no wildcards.</param>
    /// <param name="payload">The payload: bytes or text. Default: empty.</param>
    public Will(string topic, MqttBinary payload = default)
    {
        ArgumentNullException.ThrowIfNull(topic);
        Topic = topic;
        Payload = payload;
    }

    /// <summary>The topic name; no wildcards.</summary>
    public string Topic { get; init; } = "";

    /// <summary>The payload, up to 65,535 bytes. Default: empty.</summary>
    public MqttBinary Payload { get; init; }

    /// <summary>The QoS to publish with. Default: 0.</summary>
    public QualityOfService QoS { get; init; }

    /// <summary>Whether to publish it as a retained message. Default: no.</summary>
    public bool Retain { get; init; }

    /// <summary>MQTT 5.0 properties, or null for none.</summary>
    public WillProperties? Properties { get; init; }
}
