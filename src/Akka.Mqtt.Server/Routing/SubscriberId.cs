using System.Runtime.CompilerServices;

namespace Akka.Mqtt.Server.Routing;

/// <summary>Identifies the owner of a subscription: a durable session by its identity, every other owner by its target.</summary>
/// <param name="Target">The target; null for a durable session.</param>
/// <param name="Session">The identity of a durable session; 0 for none.</param>
internal readonly record struct SubscriberId(DeliveryTarget? Target, long Session)
{
    /// <summary>A hash with well distributed bits.</summary>
    public int Hash
    {
        get
        {
            var value = Session != 0 ? (ulong)Session : (uint)RuntimeHelpers.GetHashCode(Target);
            return (int)((value * 0x9E3779B97F4A7C15UL) >> 32);
        }
    }

    /// <summary>The identity of a target.</summary>
    public static SubscriberId Of(DeliveryTarget target) =>
        target.Session != 0 ? new SubscriberId(null, target.Session) : new SubscriberId(target, 0);
}
