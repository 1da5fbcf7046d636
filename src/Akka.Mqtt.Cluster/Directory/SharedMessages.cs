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

    /// <summary>A delivery without its messages of QoS 2, but with all that go by shared subscriptions.</summary>
    /// <returns>Null for nothing.</returns>
    public static Deliver? WithoutQoS2(Deliver delivery) =>
        Only(delivery, at => delivery.Shares?[at] is not null || delivery.Packets[at].QoS != QualityOfService.ExactlyOnce);

    private static Deliver? Only(Deliver delivery, SharedKey?[] shares, bool areShared) => Only(delivery, at => shares[at] is not null == areShared);

    private static Deliver? Only(Deliver delivery, Func<int, bool> isWanted)
    {
        var packets = new List<Publish>(delivery.Packets.Length);
        var groups = new List<SharedKey?>(delivery.Packets.Length);
        for (var at = 0; at < delivery.Packets.Length; at++)
        {
            if (!isWanted(at))
                continue;
            packets.Add(delivery.Packets[at]);
            groups.Add(delivery.Shares?[at]);
        }
        return packets.Count == 0 ? null
            : packets.Count == delivery.Packets.Length ? delivery
            : delivery with
            {
                Batch = new MessageBatch([.. packets], isShared: false), Shares = groups.Exists(static each => each is not null) ? [.. groups] : null,
            };
    }
}
