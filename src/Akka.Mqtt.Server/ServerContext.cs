using Akka.Actor;

namespace Akka.Mqtt.Server;

/// <summary>
/// What the actors of one server share: settings, the routing table, retained messages, the clock, counters. Thread safe.
/// </summary>
internal sealed record ServerContext(
    MqttServerSettings Settings,
    RoutingTable Routing,
    RetainedIndex Retained,
    DropCounters Drops,
    SecurityTable Security,
    TimeProvider Clock)
{
    /// <summary>The single writer of <see cref="Routing"/>.</summary>
    public IActorRef RoutingActor { get; init; } = ActorRefs.Nobody;

    /// <summary>The monotonic clock of the server, in milliseconds.</summary>
    public long Now => (long)Clock.GetElapsedTime(0).TotalMilliseconds;

    public static ServerContext Create(MqttServerSettings settings) => new(
        settings,
        new RoutingTable(),
        new RetainedIndex(settings.MaxRetainedMessages, settings.MaxRetainedBytes),
        new DropCounters(),
        new SecurityTable(settings),
        settings.Clock);
}
