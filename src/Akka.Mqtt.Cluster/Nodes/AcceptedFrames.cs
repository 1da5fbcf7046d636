using Akka.Actor;

namespace Akka.Mqtt.Cluster.Nodes;

/// <summary>How the frames of one node come: by a connection of their own, if it has made one, else by Akka.Remote. Owned by the inbox.</summary>
/// <param name="listener">Where the node may connect; null when frames come by Akka.Remote.</param>
/// <param name="inbox">The inbox.</param>
internal sealed class AcceptedFrames(FrameListener? listener, IActorRef inbox) : IDisposable
{
    private FrameConnection? _connection;

    /// <summary>What the node is told when it opens a link, so that it can connect; null when it is connected.</summary>
    public FramePort? Offer(long link) => _connection is null ? listener?.Offer(inbox, link) : null;

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
        _connection.Start(inbox);
    }

    /// <summary>A connection has ended.</summary>
    public void End(FrameConnection connection)
    {
        if (ReferenceEquals(connection, _connection))
            _connection = null;
    }

    /// <summary>Confirms frames.</summary>
    public void Confirm(FrameTaken taken, IActorRef sender)
    {
        if (_connection is { } connection)
            connection.Send(taken);
        else
            sender.Tell(taken, inbox);
    }

    /// <summary>The link ends, and its connection with it.</summary>
    public void Reset()
    {
        _connection?.Dispose();
        _connection = null;
        listener?.Withdraw(inbox);
    }

    public void Dispose() => Reset();
}
