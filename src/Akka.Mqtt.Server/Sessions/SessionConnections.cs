using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Security;
using Akka.Mqtt.Server.Shared;
using Akka.Mqtt.Server.Telemetry;

namespace Akka.Mqtt.Server.Sessions;

/// <summary>What the connections of a session need of it.</summary>
internal interface IConnectionUser
{
    /// <summary>Handles packets that the client had sent before its connection ended.</summary>
    /// <param name="packets">The packets.</param>
    void Process(ReadOnlySpan<MqttPacket> packets);

    /// <summary>A client has the session now: use its rights.</summary>
    /// <param name="rights">What it may do; null when nothing is forbidden.</param>
    void UseRights(ClientRights? rights);

    /// <summary>The rules may have changed: a client that would not be accepted any more is disconnected, others get their new rights.</summary>
    void Recheck();

    /// <summary>CONNACK is sent: the session may send what waits.</summary>
    void Connected();

    /// <summary>The session serves its connection no more.</summary>
    void Disconnected();

    /// <summary>A connection has ended, or a client was refused: if nothing is left to do, the actor of the session may stop.</summary>
    void Rest();
}

/// <summary>
/// The connections of one session: the one that it serves, those that it serves no more and that are still closing, and the client that waits for its
/// turn. Decides how a connection ends and how another one takes its place. Owned by the session.
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
    private List<ClientLink>? _closing; // connections that the session serves no more, and that are still closing
    private CommitReceipt? _opening; // a new durable session is being written, and CONNACK waits for it
    private SessionProtocol.Attach? _next; // a client that waits until the session serves no other connection

    /// <summary>The connection that the session serves; null while no client is connected.</summary>
    public ClientLink? Link { get; private set; }

    /// <summary>Whether there is neither a connection nor a client that waits.</summary>
    public bool IsEmpty => Link is null && _closing is null && _next is null;

    /// <summary>Whether no client is connected and none waits; a connection may still be closing.</summary>
    public bool IsLetGo => Link is null && _next is null;

    /// <summary>The actor of the session stops: a client that waits is refused.</summary>
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

    /// <summary>A message that is not a packet, from the connection that the session serves.</summary>
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
                break; // it is closing: its end comes, and before it what the client has sent
            case Mqtt.CommandFailed failed:
                WriteFailed(failed);
                break;
        }
    }

    private void WriteFailed(Mqtt.CommandFailed failed)
    {
        // Nothing of the batch was written. Its QoS 1 and 2 messages are in the window and are sent again on the next connection.
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
    /// A client that sends no more may still read: it gets the answers to what it has sent before the connection closes. The connection waits no
    /// longer than <c>close-timeout</c> for that.
    /// </summary>
    public void FinishInbound()
    {
        if (Link is { IsDraining: true })
            FinishDrain();
        else if (Link is { InboundClosed: true } link && intake.IsIdle && !writer.IsHolding)
            session.Tell(new InSequence(link.Number, InSequence.Step.InboundAnswered)); // behind the deliveries that its own messages put into the mailbox
    }

    /// <summary>The server stops: the client is disconnected as soon as what it has published is acknowledged. What it sends from now on is not handled.</summary>
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

    /// <summary>All messages that were on the way to the session have arrived.</summary>
    public void Receive(InSequence step)
    {
        if (step.What == InSequence.Step.TakeOver)
            Refuse(Link?.IsDraining == true ? ReasonCode.ServerShuttingDown : ReasonCode.SessionTakenOver); // [MQTT-3.1.4-3 v5] [MQTT-3.1.4-2 v3.1.1]
        else
            Link?.Connection.Tell(Mqtt.Close.Instance);
    }

    /// <summary>
    /// The connection is ending, or has ended. What depends on that, a will above all, does not wait for the peer to close too [MQTT-3.1.2-8].
    /// </summary>
    private void ConnectionEnded(Mqtt.ConnectionClosed closed)
    {
        if (!closed.Undelivered.IsEmpty)
            user.Process(closed.Undelivered.Span);
        if (Link is null)
            return; // a DISCONNECT was among it
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

    /// <summary>
    /// Ends the connection: tells the peer why, where its version has a packet for that, and closes [MQTT-3.14.4-2].
    /// </summary>
    /// <param name="reason">Why.</param>
    /// <param name="detail">The same for people: the peer and the log have it. Null where the code says it all.</param>
    /// <param name="cause">An exception of our own code or of a hook: then it is our fault, not the client's.</param>
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

    /// <summary>The client ends the connection.</summary>
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
        // [MQTT-3.14.4-3] only a normal disconnection takes the will away
        EndLink(
            packet.ReasonCode != ReasonCodes.NormalDisconnection,
            expiry,
            packet.ReasonCode,
            packet.Properties?.ReasonString ?? "The client disconnected.");
    }

    /// <summary>Ends the connection for the session: from now on it serves it no more.</summary>
    /// <param name="keepWill">Whether the will is to be published.</param>
    /// <param name="expiry">The Session Expiry Interval of DISCONNECT, or null.</param>
    /// <param name="reason">How the connection ended, for <see cref="ClientDisconnected"/>.</param>
    /// <param name="text">The same for people.</param>
    /// <param name="last">A DISCONNECT that had come and was not handled yet: it counts all the same.</param>
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
        life.CheckDue(); // a will without a delay is published although its client has come back [MQTT-3.1.2-8]
        if (_next is not null)
            Begin();
        else
            user.Rest();
    }

    /// <summary>A connection that the session serves no more has closed.</summary>
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

    /// <summary>The connection ended before the session registered with it. Its handshake reports that.</summary>
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

    /// <summary>A client wants the session.</summary>
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
            LetGo();
    }

    /// <summary>Begins to end the connection, because another one of this node or another node takes the session over.</summary>
    public void LetGo()
    {
        if (Link is not { IsTakenOver: false } link)
            return;
        link.IsTakenOver = true;
        // The acknowledgement of another Register comes behind everything that the client has sent, so that its DISCONNECT still removes its will.
        link.Connection.Tell(Registration() with { Ack = new InSequence(link.Number, InSequence.Step.TakeOver) });
    }

    private Mqtt.Register Registration() => new(session)
    {
        Delivery = MqttDelivery.Batches, KeepOpenOnPeerClosed = true, TellsItsEnd = true,
    };

    /// <summary>The session serves no connection: the client that waits gets it.</summary>
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

    /// <summary>A new durable session is committed: its client, or the one that took its place meanwhile, gets CONNACK.</summary>
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
        // CONNACK is sent before everything else [MQTT-3.2.0-1].
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

    /// <summary>3.x: clean session ends with the connection, others are kept as long as the server keeps any.</summary>
    private uint ExpiryOf(Connect connect) => connect.Version == MqttVersion.V5
        ? SessionExpiry.Limit(connect.Properties?.SessionExpiryInterval ?? 0, context.Settings)
        : connect.CleanStart ? 0 : SessionExpiry.Limit(uint.MaxValue, context.Settings);
}

/// <summary>A message of the session to itself. It arrives behind everything that was in the mailbox before.</summary>
/// <param name="Link">The number of the link that it is about.</param>
/// <param name="What">What was waited for.</param>
internal sealed record InSequence(long Link, InSequence.Step What) : IDeadLetterSuppression
{
    internal enum Step
    {
        TakeOver,
        InboundAnswered,
    }
}
