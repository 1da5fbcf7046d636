using Akka.Mqtt.Server.Routing;

namespace Akka.Mqtt.Cluster.Nodes;

/// <summary>
/// Messages that a publisher has handed over for another node. The publisher waits until the node has confirmed all frames that carry them, and has all of them where
/// it keeps none back for a session that is stuck. Plain code; owned by the link.
/// </summary>
/// <param name="receipt">Completed once; null when nobody waits.</param>
/// <param name="bytes">Their size.</param>
internal sealed class LinkDelivery(Receipt? receipt, long bytes)
{
    private Receipt? _receipt = receipt;
    private int _late; // items that are with sessions that are stuck
    private int _unconfirmed; // items

    /// <summary>Their size.</summary>
    public long Bytes => bytes;

    /// <summary>An item of a frame has some of them.</summary>
    public LinkDelivery Begin()
    {
        _unconfirmed++;
        return this;
    }

    /// <summary>The frame of an item is confirmed. A later frame may be confirmed before an earlier one.</summary>
    /// <returns>Whether all are.</returns>
    public bool Confirm()
    {
        if (--_unconfirmed > 0)
            return false;
        if (_late == 0)
            Forget();
        return true;
    }

    /// <summary>Some of them are with a session that is stuck.</summary>
    public void Hold() => _late++;

    /// <summary>These have been taken now.</summary>
    public void Release()
    {
        if (--_late == 0 && _unconfirmed == 0)
            Forget();
    }

    /// <summary>Nobody waits for them any more.</summary>
    public void Forget()
    {
        _receipt?.Complete();
        _receipt = null;
    }
}
