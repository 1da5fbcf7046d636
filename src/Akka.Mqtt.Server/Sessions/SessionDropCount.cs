using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Telemetry;

namespace Akka.Mqtt.Server.Sessions;

/// <summary>Adds the drops of sessions to the counters.</summary>
internal static class SessionDropCount
{
    /// <summary>Adds the messages that a session dropped to the counters of the server.</summary>
    /// <param name="drops">The dropped messages.</param>
    /// <param name="counters">The counters.</param>
    public static void AddTo(this SessionDrops drops, DropCounters counters)
    {
        counters.Add(DropReason.QueueFull, drops.QueueFull);
        counters.Add(DropReason.MemoryPressure, drops.NoMemory);
        counters.Add(DropReason.Offline, drops.Offline);
        counters.Add(DropReason.Expired, drops.Expired);
        counters.Add(DropReason.SessionEnded, drops.SessionEnded);
    }
}
