using Akka.Mqtt.Protocol.Properties;

namespace Akka.Mqtt.Protocol.Codec;

/// <summary>
/// The properties of messages that have a Topic Alias and nothing else, which with aliases are nearly all: properties are immutable, so that each of the small
/// aliases has one object for all connections. Any thread may ask.
/// </summary>
internal static class KnownAliases
{
    /// <summary>The largest alias that has one: peers number from 1, and 16 is a usual maximum.</summary>
    public const int Most = 64;

    private const int Size = 3; // the identifier of the property and two bytes

    private static readonly PublishProperties[] All = [.. Enumerable.Range(0, Most + 1).Select(static alias => new PublishProperties { TopicAlias = (ushort)alias })];

    /// <summary>The properties of these bytes.</summary>
    /// <param name="properties">The properties of a PUBLISH without their length.</param>
    /// <returns>The properties; null when they are not one small alias alone.</returns>
    public static PublishProperties? Find(ReadOnlySpan<byte> properties) =>
        properties is [(byte)PropertyId.TopicAlias, 0, > 0 and <= Most] ? All[properties[Size - 1]] : null;

    /// <summary>Whether properties are one of these objects: there is nothing but an alias.</summary>
    /// <param name="properties">The properties.</param>
    public static bool IsOne(PublishProperties properties) => properties.TopicAlias is { } alias and <= Most && ReferenceEquals(All[alias], properties);
}
