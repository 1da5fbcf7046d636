using Akka.Mqtt.Protocol.Properties;

namespace Akka.Mqtt.Protocol.Codec;

/// <summary>
/// The properties of messages with a Topic Alias and no other property, which are nearly all messages with aliases. Properties are
/// immutable, so each small alias has one object for all connections. Thread safe.
/// </summary>
internal static class KnownAliases
{
    /// <summary>The largest alias with such an object: peers count from 1, and 16 is a usual maximum.</summary>
    public const int Most = 64;

    private const int Size = 3; // the identifier of the property and two bytes

    private static readonly PublishProperties[] All = [.. Enumerable.Range(0, Most + 1).Select(static alias => new PublishProperties { TopicAlias = (ushort)alias })];

    /// <summary>Finds the object for the bytes of properties.</summary>
    /// <param name="properties">The properties of a PUBLISH without their length.</param>
    /// <returns>The properties; null unless they consist of one small alias.</returns>
    public static PublishProperties? Find(ReadOnlySpan<byte> properties) =>
        properties is [(byte)PropertyId.TopicAlias, 0, > 0 and <= Most] ? All[properties[Size - 1]] : null;

    /// <summary>Whether properties are one of these objects, that is, contain only an alias.</summary>
    /// <param name="properties">The properties.</param>
    public static bool IsOne(PublishProperties properties) => properties.TopicAlias is { } alias and <= Most && ReferenceEquals(All[alias], properties);
}
