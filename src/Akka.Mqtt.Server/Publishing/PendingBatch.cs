using System.Runtime.InteropServices;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;
using Akka.Mqtt.Server.Routing;

namespace Akka.Mqtt.Server.Publishing;

/// <summary>The messages of one publisher for one target, until the next flush. Owned by the publisher.</summary>
internal sealed class PendingBatch(DeliveryTarget target)
{
    public DeliveryTarget Target { get; } = target;

    public List<Publish> Packets { get; } = [];

    public ReadOnlySpan<Publish> Messages => CollectionsMarshal.AsSpan(Packets);

    /// <summary>For each message the group of its shared subscription, or null. The list is null when no message has a group.</summary>
    public List<SharedKey?>? Shares { get; private set; }

    /// <summary>For each message whether it is not written although the target is durable. The list is null when all are written.</summary>
    public List<bool>? Unwritten { get; private set; }

    public void Add(Publish packet, SharedKey? share, bool isWritten)
    {
        if (!isWritten)
        {
            Unwritten ??= [];
            while (Unwritten.Count < Packets.Count)
                Unwritten.Add(false);
        }
        Unwritten?.Add(!isWritten);
        if (share is not null)
        {
            Shares ??= [];
            while (Shares.Count < Packets.Count)
                Shares.Add(null);
        }
        Packets.Add(packet);
        Shares?.Add(share);
    }

    public void Clear()
    {
        Packets.Clear();
        Shares = null;
        Unwritten = null;
    }
}
