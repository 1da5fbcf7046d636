using Akka.Cluster;
using Akka.Mqtt.Server.Core;

namespace Akka.Mqtt.Cluster.Directory;

/// <summary>A session that another node gets.</summary>
internal sealed class GivenSession(SessionKey key, UniqueAddress to, long epoch, long epochBefore)
{
    public SessionKey Key { get; } = key;

    public UniqueAddress To { get; set; } = to;

    public long Epoch { get; set; } = epoch;

    public long EpochBefore { get; } = epochBefore;

    /// <summary>The session; null until it has no client any more.</summary>
    public byte[]? Content { get; set; }

    /// <summary>The node that was to get it is no member any more.</summary>
    public bool IsAborted { get; set; }
}
