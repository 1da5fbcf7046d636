using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server.Retained;

/// <summary>
/// The retained messages of a server, found by topic filter. Thread safe. <see cref="RetainedIndex"/> keeps them in memory; a storage engine writes what is
/// to outlive the process, and the server reads it back into this store at start. Called for retained messages and subscriptions, not for every message.
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
    /// <param name="packet">The message as it is to be sent later: RETAIN set, no identifier, no alias.</param>
    /// <param name="now">The server's clock, in milliseconds since the Unix epoch.</param>
    /// <param name="publisher">The client identifier of the publisher.</param>
    /// <param name="source">Who that is, where it has rights; or null.</param>
    /// <param name="routedBy">The version of the index by which it is delivered.</param>
    /// <param name="isReplicated">Whether other nodes have the messages too: then each has a later time than the one before of its topic.</param>
    /// <returns>Whether the limits allowed it; if not, the message of before stays.</returns>
    bool Set(Publish packet, long now, string publisher = "", ClientIdentity? source = null, long routedBy = 0, bool isReplicated = false);

    /// <summary>
    /// Sets or removes the retained message of a topic as another node has it, unless this one is newer. In whatever order nodes hear of messages, all of
    /// them keep the same one.
    /// </summary>
    /// <param name="packet">The message.</param>
    /// <param name="retainedAt">When it became the retained message there, in milliseconds since the Unix epoch.</param>
    /// <param name="publisher">The client identifier of the publisher.</param>
    /// <param name="routedBy">The version of the index by which it is delivered.</param>
    /// <returns>Whether it was set; false when the limits did not allow it, null when the message here is newer.</returns>
    bool? Merge(Publish packet, long retainedAt, string publisher, long routedBy);

    /// <summary>When a message became the retained one of its topic; null when it is not, or another has taken its place.</summary>
    /// <param name="packet">The message as it was published.</param>
    /// <param name="now">The time now, for a message that removed the retained one.</param>
    long? RetainedAt(Publish packet, long now);

    /// <summary>Removes what has expired, whether anybody asks for it or not [MQTT-3.3.2-5 v5]. Searches nothing while no message can expire.</summary>
    /// <param name="now">The server's clock, in milliseconds since the Unix epoch.</param>
    /// <returns>How many messages were removed.</returns>
    int Sweep(long now);

    /// <summary>Removes a message that has expired, unless another has taken its place.</summary>
    /// <param name="message">The message.</param>
    void RemoveExpired(RetainedMessage message);

    /// <summary>The messages whose topics match a filter, one at a time, as the caller asks for them.</summary>
    /// <param name="filter">A valid topic filter, not a shared one.</param>
    IEnumerable<RetainedMessage> Match(string filter);

    /// <summary>The message of a topic, or null.</summary>
    /// <param name="topic">The topic name.</param>
    RetainedMessage? Get(string topic);

    /// <summary>The topic levels right below one, as they are when the caller comes to them, in no order.</summary>
    /// <param name="topic">The topic; null for the first levels.</param>
    /// <returns>Each level, its message, and whether there are levels below it.</returns>
    IEnumerable<(string Level, RetainedMessage? Message, bool HasMore)> Below(string? topic);
}
