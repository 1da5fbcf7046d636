using Akka.Actor;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Telemetry;
using Akka.Mqtt.Transport;

namespace Akka.Mqtt.Connection;

/// <summary>
/// Closes a connection in three steps: sends what is queued, closes our half, waits until the peer closes. Closing with unread input would
/// send a TCP reset, and the peer could lose our last packet. The first close reason counts. Owned by the connection actor.
/// </summary>
internal sealed class ConnectionCloser(
    ConnectionStart start, TransportPort port, WritePump pump, OutgoingPackets outgoing, HandlerSlot handler, InboundPackets? inbound,
    IActorContext context)
{
    private bool _transportCloses;
    private bool _isOver;

    /// <summary>Why the connection closes; set when it begins to close.</summary>
    public ConnectionEnd? End { get; private set; }

    /// <summary>Begins to close, unless it is already closing.</summary>
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
                // Nothing was read or written, so there is nothing to wait for. Akka.IO also accepts a graceful close only after a registration.
                port.Close();
                Finish(end);
                return;
            }

            port.Register(); // sends what was queued before a handler registered
            pump.Open();
        }

        handler.TellClosing(end);
        pump.WriteOut(context.System.Scheduler);
        CloseTransportWhenFlushed();
    }

    /// <summary>Begins to close because of an error, and sends the peer the reason if the protocol has a packet for it.</summary>
    public void Begin(CloseReason reason, PacketError error, ConnectionRules rules, MqttVersion version, Exception? cause = null)
    {
        if (End is not null)
            return;
        if (!rules.SendingEnded && LastWords.For(error, rules, start.Role, version, out var size) is { } packet)
            pump.AppendLast(packet, version, size);
        Begin(new ConnectionEnd(reason, error.Message, error, cause));
    }

    /// <summary>
    /// Closes the connection because the actor system terminates. The server side sends DISCONNECT; on the client side the handler decides
    /// about the last packet.
    /// </summary>
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

    /// <summary>Stops delivering packets.</summary>
    private void StopDelivery(ConnectionEnd end)
    {
        if (inbound is null)
            return;
        inbound.Stop();
        end.SetUndelivered(inbound.Undelivered);
    }

    /// <summary>Continues closing when everything is sent. Called after each write while the connection closes.</summary>
    public void CloseTransportWhenFlushed()
    {
        if (_transportCloses || !pump.IsIdle)
            return;
        _transportCloses = true;
        port.ResumeReading(); // to notice when the peer closes; further input is dropped
        port.ConfirmedClose();
    }

    /// <summary>Resets the connection, which closes it at once.</summary>
    public void Abort(ConnectionEnd end, IActorRef? commander = null)
    {
        if (commander is not null)
            end.AddCommander(commander);
        port.Abort();
        Finish(end);
    }

    /// <summary>The connection is closed: logs, counts and reports that once. An earlier close reason counts.</summary>
    public void Finish(ConnectionEnd end)
    {
        if (_isOver)
            return;
        _isOver = true;
        End ??= end;
        StopDelivery(End);
        pump.Drop();
        MqttMeters.ConnectionClosed(start.Link.Info, start.Role, End.Reason);
        End.Log(start.Framing, start.Link.Info, start.Settings, handler.LogsTheEnd);
        End.Tell(handler.Handler, start.Commander, context.Self);
        context.Stop(context.Self);
    }
}
