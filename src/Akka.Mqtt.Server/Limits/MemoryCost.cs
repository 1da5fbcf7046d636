using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server.Limits;

/// <summary>
/// The memory cost of objects beyond the bytes that a client sent for them, in bytes. The figures are rounded up: the budget must never
/// count less than is kept.
/// </summary>
internal static class MemoryCost
{
    /// <summary>A connection that waits for CONNECT: socket, connection actor, handshake.</summary>
    public const int PendingConnection = 12 * 1024;

    /// <summary>The connection of an accepted client. Measured: 5 to 11 KB for an idle client with its session.</summary>
    public const int Connection = 10 * 1024;

    /// <summary>A session without messages and subscriptions.</summary>
    public const int Session = 4 * 1024;

    /// <summary>
    /// A durable session that only the storage has, without its subscriptions: its place in the table of parked sessions, and the counts
    /// of messages that arrive for it. Measured: 25 to 100 bytes.
    /// </summary>
    public const int ParkedSession = 128;

    /// <summary>The client identifier of such a session, if it is kept, without its characters.</summary>
    public const int ParkedName = 128;

    /// <summary>A subscription of such a session, without its filter: its entry in the routing index. Measured: 140 bytes.</summary>
    public const int ParkedSubscription = 224;

    /// <summary>The cost of a session that only the storage has, without its subscriptions.</summary>
    /// <param name="clientId">Its client identifier.</param>
    /// <param name="isNamed">Whether the client identifier is kept in memory.</param>
    public static long OfParkedSession(string clientId, bool isNamed) => OfParkedSession(clientId.Length, isNamed);

    /// <summary>The cost of a session that only the storage has, without its subscriptions.</summary>
    /// <param name="length">The length of its client identifier as text.</param>
    /// <param name="isNamed">Whether the client identifier is kept in memory.</param>
    public static long OfParkedSession(int length, bool isNamed) => ParkedSession + (isNamed ? ParkedName + (2L * length) : 0);

    /// <summary>
    /// The cost of a subscription of a session that only the storage has: its filter as text, and its levels in the routing index.
    /// </summary>
    /// <param name="filter">The filter.</param>
    public static long OfParkedSubscription(string filter) => OfParkedSubscription(filter.Length);

    /// <summary>The cost of a subscription of a session that only the storage has.</summary>
    /// <param name="length">The length of its filter as text.</param>
    public static long OfParkedSubscription(int length) => ParkedSubscription + (4L * length);

    /// <summary>A message without topic, payload and properties: record, queue slot, references.</summary>
    public const int Message = 256;

    /// <summary>A retained message without topic, payload and properties, with its place in the index.</summary>
    public const int RetainedMessage = 512;

    /// <summary>The cost of a retained message: its bytes, its topic as text, and an index entry for each level.</summary>
    /// <param name="topic">The topic.</param>
    /// <param name="size">Bytes of topic, payload and properties.</param>
    public static long OfRetained(string topic, long size) =>
        RetainedMessage + size + (2L * topic.Length) + (160L * (topic.AsSpan().Count('/') + 1));

    /// <summary>The cost of a CONNECT while it is kept. Strings are UTF-16, and each user property is a record of two strings.</summary>
    /// <param name="connect">The packet.</param>
    public static long OfConnect(Connect connect)
    {
        var bytes = 256L + (2L * (connect.ClientId.Length + (connect.UserName?.Length ?? 0))) + (connect.Password?.Length ?? 0);
        if (connect.Will is { } will)
        {
            bytes += 256 + (2L * will.Topic.Length) + will.Payload.Length;
            if (will.Properties is { } properties)
                bytes += OfUserProperties(properties.UserProperties);
        }
        if (connect.Properties is { } own)
            bytes += OfUserProperties(own.UserProperties) + (own.AuthenticationData?.Length ?? 0);
        return bytes;
    }

    private static long OfUserProperties(MqttList<UserProperty> properties)
    {
        var bytes = 0L;
        foreach (var each in properties.Span)
            bytes += 96 + (2L * (each.Name.Length + each.Value.Length));
        return bytes;
    }
}
