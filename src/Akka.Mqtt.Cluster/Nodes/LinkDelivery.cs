using Akka.Mqtt.Server.Routing;

namespace Akka.Mqtt.Cluster.Nodes;

/// <summary>
/// Messages that a publisher has handed over for another node. The publisher waits until the node has confirmed all frames that carry
/// them, and none of them is queued there for a session that is stuck. Not thread safe; owned by the link.
/// </summary>
/// <param name="receipt">Completed once; null when no publisher waits.</param>
/// <param name="bytes">Their size.</param>
internal sealed class LinkDelivery(Receipt? receipt, long bytes)
{
    private Receipt? _receipt = receipt;
    private int _late; // items that are queued for sessions that are stuck
    private int _unconfirmed; // items in frames that are not confirmed
    private bool _isMoved;

    /// <summary>Their size.</summary>
    public long Bytes => bytes;

    /// <summary>Counts an item of a frame with some of them.</summary>
    public LinkDelivery Begin()
    {
        _unconfirmed++;
        return this;
    }

    /// <summary>The node is lost, and its heir gets what is not confirmed.</summary>
    /// <returns>The size; 0 when this was called before.</returns>
    public long Move()
    {
        var moved = _isMoved ? 0 : bytes;
        _isMoved = true;
        return moved;
    }

    /// <summary>The frame of an item is confirmed. A later frame may be confirmed before an earlier one.</summary>
    /// <returns>Whether all frames are confirmed.</returns>
    public bool Confirm()
    {
        if (--_unconfirmed > 0)
            return false;
        if (_late == 0)
            Forget();
        return true;
    }

    /// <summary>Some of them are queued for a session that is stuck.</summary>
    public void Hold() => _late++;

    /// <summary>That session has taken them now.</summary>
    public void Release()
    {
        if (--_late == 0 && _unconfirmed == 0)
            Forget();
    }

    /// <summary>No publisher waits for them any more.</summary>
    public void Forget()
    {
        _receipt?.Complete();
        _receipt = null;
    }
}
