using Akka.Cluster;
using Akka.Mqtt.Server.Core;

namespace Akka.Mqtt.Cluster.Directory;

/// <summary>A session that moves to another node.</summary>
internal sealed class GivenSession(SessionKey key, UniqueAddress to, long epoch, long epochBefore)
{
    public SessionKey Key { get; } = key;

    public UniqueAddress To { get; set; } = to;

    public long Epoch { get; set; } = epoch;

    public long EpochBefore { get; } = epochBefore;

    /// <summary>The session; null while it still has a client.</summary>
    public byte[]? Content { get; set; }

    /// <summary>Whether the node that was to get it is no longer a member.</summary>
    public bool IsAborted { get; set; }

    /// <summary>Some parts of it, as messages.</summary>
    /// <param name="self">The sender.</param>
    /// <param name="content">The session.</param>
    /// <param name="from">The first part.</param>
    /// <param name="size">Most bytes of a part.</param>
    /// <param name="atOnce">The number of parts that are sent together.</param>
    public IEnumerable<SessionPart> Parts(UniqueAddress self, byte[] content, int from, int size, int atOnce)
    {
        var count = Math.Max(1, (content.Length + size - 1) / size);
        for (var part = Math.Max(0, from); part < count && part < from + atOnce - (from % atOnce); part++)
        {
            var start = part * size;
            yield return new SessionPart(
                self, Key, Epoch, FetchAnswer.Part, part, count, content.AsMemory(start, Math.Min(size, content.Length - start)));
        }
    }
}
