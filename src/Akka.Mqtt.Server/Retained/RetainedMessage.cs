using Akka.Mqtt.Protocol.Session;

namespace Akka.Mqtt.Server.Retained;

/// <summary>A retained message.</summary>
/// <param name="Message">The message, with RETAIN set, and when it was received.</param>
/// <param name="Publisher">The client identifier of its publisher, for No Local.</param>
internal sealed record RetainedMessage(QueuedMessage Message, string Publisher)
{
    /// <summary>The identity of the publisher, for <c>check-retain-source</c>; null when nothing was forbidden to it.</summary>
    public ClientIdentity? Source { get; init; }

    /// <summary>
    /// The version of the routing index by which the message was delivered. Subscriptions in that index have received it then. 0 for a
    /// message that was stored before this process started.
    /// </summary>
    public long RoutedBy { get; init; }
}
