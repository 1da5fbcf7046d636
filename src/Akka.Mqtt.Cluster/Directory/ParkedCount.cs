using Akka.Mqtt.Server.Limits;
using Akka.Mqtt.Server.Shared;
using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.Cluster.Directory;

/// <summary>What the lists and the limits of the server count of parked sessions that come and go.</summary>
internal static class ParkedCount
{
    /// <summary>A session has come, or has gone.</summary>
    /// <param name="context">The server.</param>
    /// <param name="stored">The session.</param>
    /// <param name="one">1 when it has come, -1 when it has gone.</param>
    public static void Add(ServerContext context, in StoredSession stored, int one)
    {
        context.Stats.AddSession(one);
        foreach (var subscription in stored.Subscriptions)
        {
            context.Stats.AddSubscription(subscription.Options.Filter, one);
            Add(context, MemoryKind.Subscriptions, MemoryCost.OfParkedSubscription(subscription.Options.Filter), one);
        }
        Add(context, MemoryKind.Sessions, MemoryCost.OfParkedSession(stored.Key.ClientId, context.Targets.KeepsNames), one);
    }

    private static void Add(ServerContext context, MemoryKind kind, long bytes, int one)
    {
        if (one > 0)
            context.Memory.Take(kind, bytes);
        else
            context.Memory.Return(kind, bytes);
    }
}
