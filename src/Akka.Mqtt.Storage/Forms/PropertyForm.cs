using System.Globalization;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Codec;
using Akka.Mqtt.Protocol.Session;

namespace Akka.Mqtt.Storage.Forms;

/// <summary>
/// The format of properties in databases. Properties that an operator may look for have columns. The others are bytes in the format of the standard (section
/// 2.2.2), with their length first.
/// </summary>
internal static class PropertyForm
{
    private static readonly PublishProperties None = new();

    /// <summary>The properties of a message that have no column: all except its expiry and those that differ between subscribers.</summary>
    /// <param name="properties">The properties.</param>
    /// <returns>Their bytes; null for none.</returns>
    public static byte[]? Encode(PublishProperties? properties)
    {
        if (properties is null)
            return null;
        var rest = WithoutColumns(properties);
        if (rest == None)
            return null;
        var measure = new PacketMeasure(MqttVersion.V5, null);
        PropertyEncoding.Measure(rest, ref measure);
        var bytes = new byte[measure.Size];
        var writer = new MqttWriter(bytes);
        PropertyEncoding.Write(rest, ref writer);
        return bytes;
    }

    /// <summary>The properties of a will, all of them.</summary>
    /// <param name="properties">The properties.</param>
    /// <returns>Their bytes; null for none.</returns>
    public static byte[]? Encode(WillProperties? properties)
    {
        if (properties is null)
            return null;
        var measure = new PacketMeasure(MqttVersion.V5, null);
        PropertyEncoding.Measure(properties, ref measure);
        var bytes = new byte[measure.Size];
        var writer = new MqttWriter(bytes);
        PropertyEncoding.Write(properties, ref writer);
        return bytes;
    }

    /// <summary>Combines the properties of a message.</summary>
    /// <param name="bytes">The result of <see cref="Encode(PublishProperties?)"/>.</param>
    /// <param name="expiry">The Message Expiry Interval.</param>
    /// <param name="identifiers">The Subscription Identifiers.</param>
    /// <returns>The properties; null for none.</returns>
    public static PublishProperties? Decode(byte[]? bytes, uint? expiry, MqttList<uint> identifiers)
    {
        PublishProperties? properties = null;
        if (bytes is not null)
        {
            var reader = new MqttReader(bytes, bytes, int.MaxValue);
            properties = PropertyDecoding.ReadPublish(ref reader, receiver: null, texts: null);
            Check(ref reader, "message");
        }
        return expiry is null && identifiers.IsEmpty
            ? properties
            : (properties ?? None) with { MessageExpiryInterval = expiry, SubscriptionIdentifiers = identifiers };
    }

    /// <summary>The properties of a will.</summary>
    /// <param name="bytes">The result of <see cref="Encode(WillProperties?)"/>.</param>
    /// <returns>The properties; null for none.</returns>
    public static WillProperties? DecodeWill(byte[]? bytes)
    {
        if (bytes is null)
            return null;
        var reader = new MqttReader(bytes, bytes, int.MaxValue);
        var properties = PropertyDecoding.ReadWill(ref reader);
        Check(ref reader, "will");
        return properties ?? new WillProperties();
    }

    /// <summary>Whether two messages of a chunk differ only in QoS, RETAIN and Subscription Identifiers, so that they can share one row.</summary>
    /// <param name="one">A message.</param>
    /// <param name="other">Another one with the same topic and payload.</param>
    /// <returns>Whether it is so.</returns>
    public static bool HaveSameContent(Publish one, Publish other) =>
        ReferenceEquals(one.Properties, other.Properties)
        || (WithoutColumns(one.Properties ?? None) == WithoutColumns(other.Properties ?? None)
            && one.Properties?.MessageExpiryInterval == other.Properties?.MessageExpiryInterval);

    /// <summary>Subscription Identifiers as text, separated by commas.</summary>
    /// <param name="properties">The properties that have them.</param>
    /// <returns>The text; null for none.</returns>
    public static string? Identifiers(PublishProperties? properties) =>
        properties is null || properties.SubscriptionIdentifiers.IsEmpty ? null
        : string.Join(',', properties.SubscriptionIdentifiers.Span.ToArray());

    /// <summary>See <see cref="Identifiers(PublishProperties?)"/>.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The identifiers.</returns>
    public static MqttList<uint> Identifiers(string? text) =>
        text is null ? default : MqttList.From(text.Split(',').Select(one => uint.Parse(one, CultureInfo.InvariantCulture)));

    /// <summary>The group of a shared subscription as text; its name has no slash.</summary>
    /// <param name="share">The group.</param>
    /// <returns>The text; null for none.</returns>
    public static string? Share(SharedKey? share) => share is null ? null : $"{share.Name}/{share.Filter}";

    /// <summary>See <see cref="Share(SharedKey?)"/>.</summary>
    /// <param name="text">The text.</param>
    /// <returns>The group.</returns>
    public static SharedKey? Share(string? text) =>
        text?.IndexOf('/', StringComparison.Ordinal) is { } slash and >= 0 ? new SharedKey(text[..slash], text[(slash + 1)..]) : null;

    private static PublishProperties WithoutColumns(PublishProperties properties) =>
        properties.MessageExpiryInterval is null && properties.SubscriptionIdentifiers.IsEmpty && properties.TopicAlias is null ? properties
        : properties with { MessageExpiryInterval = null, SubscriptionIdentifiers = default, TopicAlias = null };

    private static void Check(ref MqttReader reader, string what)
    {
        if (reader.Failed)
            throw new InvalidDataException($"The properties of a {what} are damaged: {reader.Problem}.");
    }
}
