using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;
using Akka.Mqtt.Server.Routing;

namespace Akka.Mqtt.Cluster.Directory;

/// <summary>Separates messages of shared subscriptions from the others.</summary>
internal static class SharedMessages
{
    /// <summary>Splits a delivery.</summary>
    /// <param name="delivery">The messages.</param>
    /// <returns>Those without a group and those of groups; each null for none.</returns>
    public static (Deliver? Plain, Deliver? Shared) Split(Deliver delivery)
    {
        if (delivery.Shares is not { } shares)
            return (delivery, null);
        return (Only(delivery, shares, false), Only(delivery, shares, true));
    }

    private static Deliver? Only(Deliver delivery, SharedKey?[] shares, bool areShared)
    {
        var packets = new List<Publish>(shares.Length);
        var groups = new List<SharedKey?>(shares.Length);
        for (var at = 0; at < shares.Length; at++)
        {
            if (shares[at] is null == areShared)
                continue;
            packets.Add(delivery.Packets[at]);
            groups.Add(shares[at]);
        }
        return packets.Count == 0 ? null
            : packets.Count == shares.Length ? delivery
            : delivery with { Batch = new MessageBatch([.. packets], isShared: false), Shares = areShared ? [.. groups] : null };
    }
}
