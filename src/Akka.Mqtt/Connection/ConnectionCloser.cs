using Akka.Actor;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Transport;

namespace Akka.Mqtt.Connection;

/// <summary>
/// Closes a connection: what is queued is sent, then our half is closed, then the peer's end is awaited; a close with unread input would be a reset,
/// and the peer would lose our last packet. The first reason wins. Owned by the connection actor.
/// </summary>
internal sealed class ConnectionCloser(
    ConnectionStart start, TransportPort port, WritePump pump, OutgoingPackets outgoing, HandlerSlot handler, InboundPackets? inbound,
    IActorContext context)
{
    private bool _transportCloses;
    private bool _isOver;

    /// <summary>Why the connection closes, from the moment in which it begins to.</summary>
    public ConnectionEnd? End { get; private set; }

    /// <summary>Begins to close, unless that has begun.</summary>
    public void Begin(ConnectionEnd end)
    {
        if (End is not null)
            return;
        End = end;
        outgoing.IsClosed = true;
        StopDelivery(end);
        if (handler.Handler is null)
        {
            if (pump.IsIdle)
            {
                // Nothing was read or written: there is nothing to wait for, and Akka.IO wants a handler before it takes a close in good order.
                port.Close();
                Finish(end);
                return;
            }

            port.Register(); // what was told before a handler came is sent
            pump.Open();
        }

        handler.TellClosing(end);
        pump.WriteOut(context.System.Scheduler);
        CloseTransportWhenFlushed();
    }

    /// <summary>Begins to close for an error: the peer is told why, where the protocol has a packet for that.</summary>
    public void Begin(CloseReason reason, PacketError error, ConnectionRules rules, MqttVersion version, Exception? cause = null)
    {
        if (End is not null)
            return;
        if (!rules.SendingEnded && LastWords.For(error, rules, start.Role, version, out var size) is { } packet)
            pump.AppendLast(packet, version, size);
        Begin(new ConnectionEnd(reason, error.Message, error, cause));
    }

    /// <summary>The actor system ends: a server tells its clients so, a client leaves its last words to its handler.</summary>
    public void ShutDown(ConnectionRules rules)
    {
        if (End is not null)
            return;
        var error = new PacketError(ReasonCode.ServerShuttingDown, "The server is shutting down.");
        if (start.Role == MqttRole.Server && rules is { Version: MqttVersion.V5, Accepted: true, SendingEnded: false }
            && LastWords.For(error, rules, start.Role, MqttVersion.V5, out var size) is { } packet)
        {
            pump.AppendLast(packet, MqttVersion.V5, size);
        }

        Begin(new ConnectionEnd(CloseReason.Closed, "The actor system is shutting down."));
    }

    /// <summary>Nothing more is delivered.</summary>
    private void StopDelivery(ConnectionEnd end)
    {
        if (inbound is null)
            return;
        inbound.Stop();
        end.SetUndelivered(inbound.Undelivered);
    }

    /// <summary>While it closes: everything that was to be sent may have been.</summary>
    public void CloseTransportWhenFlushed()
    {
        if (_transportCloses || !pump.IsIdle)
            return;
        _transportCloses = true;
        port.ResumeReading(); // to see the peer's end; what it still sends is dropped
        port.ConfirmedClose();
    }

    /// <summary>Resets the connection, which is over.</summary>
    public void Abort(ConnectionEnd end, IActorRef? commander = null)
    {
        if (commander is not null)
            end.AddCommander(commander);
        port.Abort();
        Finish(end);
    }

    /// <summary>The connection is over: it is logged once, counted once, told once. A reason that was there before wins.</summary>
    public void Finish(ConnectionEnd end)
    {
        if (_isOver)
            return;
        _isOver = true;
        End ??= end;
        StopDelivery(End);
        pump.Drop();
        MqttMeters.ConnectionClosed(start.Link.Info, start.Role, End.Reason);
        End.Log(start.Framing, start.Link.Info, start.Settings);
        End.Tell(handler.Handler, start.Commander, context.Self);
        context.Stop(context.Self);
    }
}
