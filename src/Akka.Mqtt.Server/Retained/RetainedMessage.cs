using Akka.Mqtt.Protocol.Session;

namespace Akka.Mqtt.Server.Retained;

/// <summary>A retained message.</summary>
/// <param name="Message">The message, RETAIN set, and when it was received.</param>
/// <param name="Publisher">The client identifier of its publisher, for No Local.</param>
internal sealed record RetainedMessage(QueuedMessage Message, string Publisher)
{
    /// <summary>Who published it, for <c>check-retain-source</c>; null when nothing was forbidden then.</summary>
    public ClientIdentity? Source { get; init; }

    /// <summary>
    /// The version of the routing index by which it was delivered when it arrived: subscriptions that are in that index were sent it then. 0 for one
    /// that was stored before this process started.
    /// </summary>
    public long RoutedBy { get; init; }
}
