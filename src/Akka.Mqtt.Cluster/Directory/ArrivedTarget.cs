using Akka.Actor;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Routing;
using Akka.Mqtt.Server.Sessions;
using Akka.Mqtt.Server.Shared;

namespace Akka.Mqtt.Cluster.Directory;

/// <summary>The target of a session that moved here from another node.</summary>
/// <param name="context">The server.</param>
/// <param name="key">The session.</param>
/// <param name="epoch">The number of the move.</param>
internal sealed class ArrivedTarget(ServerContext context, SessionKey key, long epoch) : SessionTarget(context, key, ActorRefs.Nobody)
{
    private volatile Arrival? _arrival;

    /// <summary>The number of the move.</summary>
    public long Epoch => epoch;

    /// <summary>Puts its messages in order while some arrive through its old place; null afterwards.</summary>
    public Arrival? Arrival
    {
        get => _arrival;
        set => _arrival = value;
    }

    public override bool TryDeliver(Deliver delivery) => _arrival is { } arrival ? arrival.Take(delivery, null, isBehind: false) : base.TryDeliver(delivery);

    public override bool DeliverBehind(Deliver delivery, Receipt? receipt) =>
        _arrival is { } arrival ? arrival.Take(delivery, receipt, isBehind: true) : base.DeliverBehind(delivery, receipt);

    /// <summary>Delivers messages that belong here.</summary>
    /// <param name="delivery">The messages.</param>
    /// <param name="receipt">The publisher that waits; null for none.</param>
    /// <param name="isBehind">Whether the session was found to be behind.</param>
    public bool Pass(Deliver delivery, Receipt? receipt, bool isBehind) => isBehind ? base.DeliverBehind(delivery, receipt) : base.TryDeliver(delivery);
}
