using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Security;
using Akka.Mqtt.Server.Shared;
using Akka.Mqtt.Server.Telemetry;

namespace Akka.Mqtt.Server.Sessions;

/// <summary>What the connections of a session need from the session.</summary>
internal interface IConnectionUser
{
    /// <summary>Handles packets that the client had sent before its connection ended.</summary>
    /// <param name="packets">The packets.</param>
    void Process(ReadOnlySpan<MqttPacket> packets);

    /// <summary>Sets the rights of the client that is now connected.</summary>
    /// <param name="rights">The rights; null for all.</param>
    void UseRights(ClientRights? rights);

    /// <summary>
    /// Checks the client again, because the rules may have changed. A client that is no longer allowed is disconnected; others get their new rights.
    /// </summary>
    void Recheck();

    /// <summary>CONNACK is sent: the session may send the messages that wait.</summary>
    void Connected();

    /// <summary>The session no longer serves its connection.</summary>
    void Disconnected();

    /// <summary>A connection has ended, or a client was refused: the actor of the session may stop if it has nothing left to do.</summary>
    void Rest();
}

/// <summary>
/// The connections of one session: the one that it serves, those that are still closing, and a client that waits to take the session over. Decides how a
/// connection ends and how another one replaces it. Owned by the session.
/// </summary>
internal sealed class SessionConnections(
    ServerContext context,
    string clientId,
    IActorRef session,
    EventStream events,
    SessionLife life,
    ClientIntake intake,
    ClientWriter writer,
    SessionCounters counters,
    IConnectionUser user)
{
    private List<ClientLink>? _closing; // connections that the session no longer serves and that are still closing
    private CommitReceipt? _opening; // a new durable session is being written, and CONNACK waits for it
    private SessionProtocol.Attach? _next; // a client that waits until the session serves no connection

    /// <summary>The connection that the session serves; null while no client is connected.</summary>
    public ClientLink? Link { get; private set; }

    /// <summary>Whether no connection is open or closing, and no client waits.</summary>
    public bool IsEmpty => Link is null && _closing is null && _next is null;

    /// <summary>Whether no client is connected and none waits. A connection may still be closing.</summary>
    public bool HasNoClient => Link is null && _next is null;

    /// <summary>Closes the connections and refuses a waiting client, because the actor of the session stops.</summary>
    public void Stop()
    {
        var next = _next;
        _next = null;
        next?.Request.Handshake.Tell(new SessionRefused(ReasonCode.UnspecifiedError, "its session failed", next.Request.Connection));
        var connection = Link?.Connection;
        Refuse(ReasonCode.UnspecifiedError, "its session failed");
        connection?.Tell(Connection.HandlerEnded.Instance);
        foreach (var link in _closing ?? [])
            link.Permit?.Dispose();
    }

    /// <summary>Handles an event of the connection that the session serves.</summary>
    public void Receive(Mqtt.Event happened, IActorRef sender)
    {
        switch (happened)
        {
            case Mqtt.InboundClosed:
                Link!.InboundClosed = true;
                FinishInbound();
                break;
            case Mqtt.Closing closing:
                ConnectionEnded(closing.Closed);
                break;
            case Mqtt.ConnectionClosed closed:
                ConnectionEnded(closed);
                RemoveClosed(sender);
                break;
            case Mqtt.CommandFailed { Command: Mqtt.SuspendReading or Mqtt.ResumeReading or Mqtt.Register }:
            case Mqtt.CommandFailed { Reason: CommandFailure.ConnectionClosed }:
                break; // it is closing: the remaining packets of the client and then its end will arrive
            case Mqtt.CommandFailed failed:
                WriteFailed(failed);
                break;
        }
    }

    private void WriteFailed(Mqtt.CommandFailed failed)
    {
        // No packet of the batch was written. Its QoS 1 and 2 messages are in the window and are sent again on the next connection.
        Refuse(
            failed.Reason switch
            {
                CommandFailure.QueueFull => ReasonCode.QuotaExceeded,
                CommandFailure.PacketTooLarge => ReasonCode.PacketTooLarge, // an answer that is larger than the client accepts [MQTT-3.1.2-24 v5]
                _ => ReasonCode.UnspecifiedError,
            },
            failed.Message);
    }

    /// <summary>
    /// Handles a client that has stopped sending. It may still read, so it gets the answers to its packets before the connection closes. The connection waits
    /// for that no longer than <c>close-timeout</c>.
    /// </summary>
    public void FinishInbound()
    {
        if (Link is { IsDraining: true })
            FinishDrain();
        else if (Link is { InboundClosed: true } link && intake.IsIdle && !writer.IsHolding)
            session.Tell(new InSequence(link.Number, InSequence.Step.InboundAnswered)); // handled after the deliveries that its own messages have put into the mailbox
    }

    /// <summary>
    /// Disconnects the client as soon as its published messages are acknowledged, because the server stops. Packets that it sends from now on are not
    /// handled.
    /// </summary>
    public void Drain()
    {
        if (Link is not { IsDraining: false } link)
            return;
        link.IsDraining = true;
        if (!FinishDrain())
            intake.HoldBack();
    }

    private bool FinishDrain()
    {
        if (!intake.IsAnswered || writer.IsHolding)
            return false;
        Refuse(ReasonCode.ServerShuttingDown);
        return true;
    }

    /// <summary>Handles the message that arrives after all messages that were on the way to the session.</summary>
    public void Receive(InSequence step)
    {
        if (step.What == InSequence.Step.TakeOver)
            Refuse(Link?.IsDraining == true ? ReasonCode.ServerShuttingDown : ReasonCode.SessionTakenOver); // [MQTT-3.1.4-3 v5] [MQTT-3.1.4-2 v3.1.1]
        else
            Link?.Connection.Tell(Mqtt.Close.Instance);
    }

    /// <summary>
    /// Handles the end of the connection, or the beginning of its end. What depends on it, such as publishing a will, does not wait for the peer to close too
    /// [MQTT-3.1.2-8].
    /// </summary>
    private void ConnectionEnded(Mqtt.ConnectionClosed closed)
    {
        if (!closed.Undelivered.IsEmpty)
            user.Process(closed.Undelivered.Span);
        if (Link is null)
            return; // the remaining packets contained a DISCONNECT
        if (closed is Mqtt.ErrorClosed { Reason: not (CloseReason.TransportError or CloseReason.KeepAliveTimeout) } error)
            context.Stats.AddRefusal(Refused.Connection, error.ReasonCode ?? ReasonCode.UnspecifiedError); // the connection has logged it
        var (reason, text) = closed switch
        {
            Mqtt.ErrorClosed { Reason: CloseReason.KeepAliveTimeout } silent => (ReasonCode.KeepAliveTimeout, silent.Message),
            Mqtt.ErrorClosed failed => (failed.ReasonCode ?? ReasonCode.UnspecifiedError, failed.Message),
            _ => (ReasonCode.UnspecifiedError, "The client closed the connection without DISCONNECT."),
        };
        EndLink(true, null, reason, text, intake.TakeLast());
    }

    /// <summary>Ends the connection: sends the reason code to the client, if its version has a packet for it, and closes [MQTT-3.14.4-2].</summary>
    /// <param name="reason">The reason code.</param>
    /// <param name="detail">The reason as text, for the client and the log; null when the code is clear enough.</param>
    /// <param name="cause">An exception of our own code or of user code; with one, the client is not at fault.</param>
    public void Refuse(ReasonCode reason, string? detail = null, Exception? cause = null)
    {
        if (Link is not { } link)
            return;
        var last = intake.TakeLast();
        LinkEnd.Log(context, clientId, link, reason, detail, cause);
        // [MQTT-3.14.0-1]; 3.x has no DISCONNECT of a server
        writer.FlushLast(link.IsV5 ? LinkEnd.Disconnect(context, link, reason, detail) : null);
        link.Connection.Tell(Mqtt.Close.Instance);
        EndLink(true, null, reason, detail is null ? $"The server disconnected it: {reason}." : $"The server disconnected it: {reason} ({detail}).", last);
    }

    /// <summary>Handles the DISCONNECT of the client.</summary>
    /// <param name="packet">Its DISCONNECT.</param>
    public void Leave(Disconnect packet)
    {
        var link = Link!;
        var expiry = packet.Properties?.SessionExpiryInterval;
        if (!link.MaySetExpiry(expiry))
        {
            Refuse(ReasonCode.ProtocolError, "DISCONNECT sets a Session Expiry Interval, and CONNECT had none"); // U-3.14.2.2.2-1 v5
            return;
        }
        writer.Flush();
        link.Connection.Tell(Mqtt.Close.Instance);
        // [MQTT-3.14.4-3] only a normal disconnection removes the will
        EndLink(
            packet.ReasonCode != ReasonCodes.NormalDisconnection,
            expiry,
            packet.ReasonCode,
            packet.Properties?.ReasonString ?? "The client disconnected.");
    }

    /// <summary>Ends the connection for the session: from now on the session no longer serves it.</summary>
    /// <param name="keepWill">Whether the will is to be published.</param>
    /// <param name="expiry">The Session Expiry Interval of DISCONNECT, or null.</param>
    /// <param name="reason">How the connection ended, for <see cref="ClientDisconnected"/>.</param>
    /// <param name="text">The same as text.</param>
    /// <param name="last">A DISCONNECT that was received and not handled yet. It still counts.</param>
    private void EndLink(bool keepWill, uint? expiry, ReasonCode reason, string text, Disconnect? last = null)
    {
        var link = Link!;
        if (last is not null)
        {
            keepWill = last.ReasonCode != ReasonCodes.NormalDisconnection; // [MQTT-3.14.4-3]
            expiry = last.Properties?.SessionExpiryInterval;
            if (!link.MaySetExpiry(expiry))
                expiry = null; // U-3.14.2.2.2-1 v5
            (reason, text) = (last.ReasonCode, "The client disconnected.");
        }
        Link = null;
        (_closing ??= []).Add(link);
        counters.EndConnection();
        intake.EndConnection();
        writer.EndConnection();
        events.Publish(new ClientDisconnected(context.Admin, clientId, reason, text));
        life.Disconnected(keepWill, expiry, comesBack: _next is { Request.Connect.CleanStart: false });
        user.Disconnected();
        life.CheckDue(); // a will without a delay is published even if its client has connected again [MQTT-3.1.2-8]
        if (_next is not null)
            Begin();
        else
            user.Rest();
    }

    /// <summary>Removes a connection that has closed after the session stopped serving it.</summary>
    public void RemoveClosed(IActorRef connection)
    {
        var at = _closing?.FindIndex(each => each.Connection.Equals(connection)) ?? -1;
        if (at < 0)
            return;
        _closing![at].Permit?.Dispose();
        _closing.RemoveAt(at);
        if (_closing.Count == 0)
            _closing = null;
        user.Rest();
    }

    /// <summary>Handles a connection that ended before the session registered as its handler. Its handshake reports this.</summary>
    public void Receive(ConnectionLost lost)
    {
        if (lost.Connection.Equals(_next?.Request.Connection))
        {
            _next = _next! with { Lost = lost };
        }
        else if (lost.Connection.Equals(Link?.Connection))
        {
            ConnectionEnded(lost.Closed);
            RemoveClosed(lost.Connection);
        }
    }

    /// <summary>Handles a client that requests the session.</summary>
    public void Receive(SessionProtocol.Attach attach)
    {
        var request = attach.Request;
        if (!life.BelongsTo(request.Identity.UserName))
        {
            request.Handshake.Tell(new SessionRefused(ReasonCode.ClientIdentifierNotValid, "the session belongs to another user", request.Connection));
            user.Rest();
            return;
        }
        _next?.Request.Handshake.Tell(new SessionRefused(ReasonCode.SessionTakenOver, null, _next.Request.Connection));
        _next = attach;
        if (Link is null)
            Begin();
        else
            StartHandOver();
    }

    /// <summary>Starts to end the connection, because another connection of this node or another node takes the session over.</summary>
    public void StartHandOver()
    {
        if (Link is not { IsTakenOver: false } link)
            return;
        link.IsTakenOver = true;
        // The connection acknowledges a second Register after all packets that the client has sent. So a DISCONNECT among them still
        // removes the will.
        link.Connection.Tell(Registration() with { Ack = new InSequence(link.Number, InSequence.Step.TakeOver) });
    }

    private Mqtt.Register Registration() => new(session)
    {
        Delivery = MqttDelivery.Batches, KeepOpenOnPeerClosed = true, TellsItsEnd = true,
    };

    /// <summary>Gives the session to the waiting client, because the session serves no connection.</summary>
    private void Begin()
    {
        if (_opening is not null)
            return;
        var request = _next!.Request;
        var connect = request.Connect;
        var now = context.UtcNow;
        if (life.IsAlive && (connect.CleanStart || life.Core!.HasExpired(now)))
            life.EndSession(); // [MQTT-3.1.2-4 v5] [MQTT-3.1.2-6 v3.1.1]
        var present = life.IsAlive; // [MQTT-3.2.2-2 v5] [MQTT-3.2.2-3 v5] [MQTT-3.2.2-1 v3.1.1] [MQTT-3.2.2-2 v3.1.1]
        if (!present)
        {
            life.Begin(request.Identity.UserName, context.Stores.IsDurable(request.Identity.Listener, clientId) && ExpiryOf(connect) > 0, now);
            if (life.Log is { } log)
            {
                var written = new CommitReceipt(session);
                log.Flush(written);
                if (written.MustWait())
                {
                    _opening = written;
                    return;
                }
            }
        }
        Open(present);
    }

    /// <summary>
    /// Sends CONNACK, because a new durable session is committed. If another client has taken the session over in the meantime, that client gets CONNACK.
    /// </summary>
    /// <param name="receipt">The receipt of a commit.</param>
    public void Committed(CommitReceipt receipt)
    {
        if (!ReferenceEquals(receipt, _opening))
            return;
        _opening = null;
        Open(present: false);
    }

    private void Open(bool present)
    {
        var (epoch, request) = _next!;
        var lost = _next!.Lost;
        _next = null;
        var connect = request.Connect;
        var now = context.UtcNow;
        var link = Link = new ClientLink(request);
        writer.Begin(link, connect);
        writer.Log = life.Log;
        user.UseRights(request.Rights);
        life.Core!.Connect(epoch, writer, connect.Properties?.ReceiveMaximum ?? ushort.MaxValue, connect.Will, ExpiryOf(connect), now);
        life.Connected(link.Info);
        intake.Begin(link, life);
        counters.Begin(link.Transport);
        counters.ChunkReceived([connect]);
        // CONNACK is sent before all other packets [MQTT-3.2.0-1].
        var answer = request.Answer with { SessionPresent = present && connect.Version != MqttVersion.V31 };
        counters.BatchSent([answer]);
        link.Connection.Tell(new Mqtt.Write(answer));
        link.Connection.Tell(Registration() with { Ack = SessionOpened.Instance }, request.Handshake);
        events.Publish(new ClientConnected(context.Admin, clientId, link.Info));
        if (lost is not null)
        {
            Receive(lost);
            return;
        }
        user.Recheck();
        user.Connected();
    }

    /// <summary>
    /// The Session Expiry Interval. In 3.x: a clean session ends with the connection; others are kept as long as the server keeps any session.
    /// </summary>
    private uint ExpiryOf(Connect connect) => connect.Version == MqttVersion.V5
        ? SessionExpiry.Limit(connect.Properties?.SessionExpiryInterval ?? 0, context.Settings)
        : connect.CleanStart ? 0 : SessionExpiry.Limit(uint.MaxValue, context.Settings);
}

/// <summary>A message of the session to itself. It arrives after everything that was in the mailbox before.</summary>
/// <param name="Link">The number of the link that it refers to.</param>
/// <param name="What">The step that was waited for.</param>
internal sealed record InSequence(long Link, InSequence.Step What) : IDeadLetterSuppression
{
    internal enum Step
    {
        TakeOver,
        InboundAnswered,
    }
}
