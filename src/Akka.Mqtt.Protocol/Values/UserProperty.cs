namespace Akka.Mqtt.Protocol;

/// <summary>A User Property of MQTT 5.0: a name and a value; names may repeat and the order is kept (section 2.2.2.2, id 0x26).</summary>
/// <param name="Name">The name; may be empty.</param>
/// <param name="Value">The value; may be empty.</param>
public readonly record struct UserProperty(string Name, string Value)
{
    /// <summary>The name; may be empty.</summary>
    public string Name { get; init; } = Name ?? throw new ArgumentNullException(nameof(Name));

    /// <summary>The value; may be empty.</summary>
    public string Value { get; init; } = Value ?? throw new ArgumentNullException(nameof(Value));
}
