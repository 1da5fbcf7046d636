using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server.Retained;

/// <summary>
/// The retained messages of a server, found by topic filter. Thread safe. <see cref="RetainedIndex"/> keeps them in memory. A storage
/// engine writes those that must outlive the process, and the server reads them back into this store at start. It is used for retained
/// messages and subscriptions, not for every message.
/// </summary>
internal interface IRetainedStore
{
    /// <summary>Retained messages.</summary>
    int Count { get; }

    /// <summary>Bytes of these messages.</summary>
    long Bytes { get; }

    /// <summary>
    /// Sets the retained message of a topic, or removes it when the payload is empty [MQTT-3.3.1-6 v5] [MQTT-3.3.1-10 v3.1.1].
    /// </summary>
    /// <param name="packet">The message in the form in which it is sent later: with RETAIN, without identifier and alias.</param>
    /// <param name="now">The server's clock, in milliseconds since the Unix epoch.</param>
    /// <param name="publisher">The client identifier of the publisher.</param>
    /// <param name="source">The identity of the publisher, if it has rights; else null.</param>
    /// <param name="routedBy">The version of the index by which the message is delivered.</param>
    /// <param name="isReplicated">
    /// Whether other nodes have the messages too. If so, each message gets a later time than the previous one of its topic.
    /// </param>
    /// <returns>Whether the limits allowed it; if not, the previous message stays.</returns>
    bool Set(Publish packet, long now, string publisher = "", ClientIdentity? source = null, long routedBy = 0, bool isReplicated = false);

    /// <summary>
    /// Sets or removes the retained message of a topic as another node did, unless this node has a newer one. All nodes end with the same
    /// message, in whatever order they receive messages.
    /// </summary>
    /// <param name="packet">The message.</param>
    /// <param name="retainedAt">When it became the retained message on that node, in milliseconds since the Unix epoch.</param>
    /// <param name="publisher">The client identifier of the publisher.</param>
    /// <param name="routedBy">The version of the index by which the message is delivered.</param>
    /// <returns>True when it was set; false when the limits did not allow it; null when this node has a newer message.</returns>
    bool? Merge(Publish packet, long retainedAt, string publisher, long routedBy);

    /// <summary>When a message became the retained message of its topic; null when it did not, or has been replaced.</summary>
    /// <param name="packet">The message as it was published.</param>
    /// <param name="now">The time now, for a message that removed the retained one.</param>
    long? RetainedAt(Publish packet, long now);

    /// <summary>Removes expired messages [MQTT-3.3.2-5 v5]. Searches nothing while no message can expire.</summary>
    /// <param name="now">The server's clock, in milliseconds since the Unix epoch.</param>
    /// <returns>How many messages were removed.</returns>
    int Sweep(long now);

    /// <summary>Removes a message that has expired, unless it has been replaced.</summary>
    /// <param name="message">The message.</param>
    void RemoveExpired(RetainedMessage message);

    /// <summary>Enumerates the messages whose topics match a filter; each is looked up when the caller asks for it.</summary>
    /// <param name="filter">A valid topic filter, not a shared one.</param>
    IEnumerable<RetainedMessage> Match(string filter);

    /// <summary>The message of a topic; null for none.</summary>
    /// <param name="topic">The topic name.</param>
    RetainedMessage? Get(string topic);

    /// <summary>Enumerates the topic levels directly below a topic, in no order. Each is looked up when the caller asks for it.</summary>
    /// <param name="topic">The topic; null for the first levels.</param>
    /// <returns>Each level, its message, and whether it has levels below it.</returns>
    IEnumerable<(string Level, RetainedMessage? Message, bool HasMore)> Below(string? topic);
}
