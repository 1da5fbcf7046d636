using Akka.Actor;
using Akka.Mqtt.Serialization;

namespace Akka.Mqtt.Cluster.Nodes;

/// <summary>
/// The connection for the frames of one node, if the node has made one; otherwise frames arrive through Akka.Remote. Owned by the inbox.
/// </summary>
/// <param name="listener">The port to which the node may connect; null when frames use Akka.Remote.</param>
/// <param name="inbox">The inbox.</param>
internal sealed class AcceptedFrames(FrameListener? listener, IActorRef inbox) : IDisposable
{
    private FrameConnection? _connection;
    private bool _knowsSafe; // earlier versions understand only FrameTaken
    private bool _isUsed; // the last frame arrived on the connection
    private bool _hasChanged;

    /// <summary>
    /// The port that the node receives when it opens a link. It is always sent, because only the node knows whether it needs a connection:
    /// one may be lost at its end alone.
    /// </summary>
    public FramePort? Offer(OpenLink open)
    {
        _knowsSafe = open.Asked > 0;
        return listener?.Offer(inbox, open.Link);
    }

    /// <summary>A frame has arrived.</summary>
    /// <param name="sender">Its sender; a connection has none.</param>
    public void MarkArrival(IActorRef sender)
    {
        _hasChanged |= _isUsed != sender.IsNobody();
        _isUsed = sender.IsNobody();
    }

    /// <summary>Whether confirmations use another way since the last call, so that they may overtake earlier messages.</summary>
    public bool TakeChange()
    {
        var changed = _hasChanged;
        _hasChanged = false;
        return changed;
    }

    /// <summary>The node has connected.</summary>
    public void Begin(FrameListener.Connected connected, long link)
    {
        if (connected.Link != link)
        {
            connected.Connection.Dispose();
            return;
        }
        _connection?.Dispose();
        _connection = connected.Connection;
        _hasChanged = true;
        _connection.Start(inbox);
    }

    /// <summary>A connection has ended.</summary>
    public void End(FrameConnection connection)
    {
        if (!ReferenceEquals(connection, _connection))
            return;
        _connection = null;
        _hasChanged = true;
    }

    /// <summary>Confirms frames, in the same way in which they arrive.</summary>
    public void Confirm(FrameTaken taken, IActorRef sender)
    {
        if (_isUsed && _connection is { } connection)
            connection.Send(taken);
        else
            sender.Tell(taken, inbox);
    }

    /// <summary>Confirms one frame, before others.</summary>
    public void Confirm(FrameSafe safe, IActorRef sender)
    {
        if (!_knowsSafe)
            return;
        if (_isUsed && _connection is { } connection)
            connection.Send(safe);
        else
            sender.Tell(safe, inbox);
    }

    /// <summary>Sends which messages are late. It is sent before the confirmation and in the same way, so that the order is kept.</summary>
    public void Tell(FramesLate late, IActorRef sender, ExtendedActorSystem system)
    {
        if (!_isUsed || _connection is not { } connection)
        {
            sender.Tell(late, inbox);
            return;
        }
        var content = new WireWriter(system, 256);
        LateForm.Write(content, late);
        connection.Send(new Frame(late.Link, LateForm.FrameNumber, false, content.ToArray()));
    }

    /// <summary>The link ends: closes its connection.</summary>
    public void Reset()
    {
        _connection?.Dispose();
        _connection = null;
        listener?.Withdraw(inbox);
    }

    public void Dispose() => Reset();
}
