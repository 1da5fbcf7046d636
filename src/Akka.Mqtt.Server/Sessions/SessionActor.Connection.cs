using Akka.Actor;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Security;
using Akka.Mqtt.Server.Telemetry;

namespace Akka.Mqtt.Server.Sessions;

/// <summary>The connection of a session: how it ends, and how another one takes its place.</summary>
internal sealed partial class SessionActor
{
    private void Receive(Mqtt.Event happened)
    {
        switch (happened)
        {
            case Mqtt.InboundClosed:
                _link!.InboundClosed = true;
                FinishInbound();
                break;
            case Mqtt.Closing closing:
                ConnectionEnded(closing.Closed);
                break;
            case Mqtt.ConnectionClosed closed:
                ConnectionEnded(closed);
                Ended(Sender);
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
        // Nothing of the batch was written. What was promised is in the window and goes out on the next connection.
        Refuse(
            failed.Reason switch
            {
                CommandFailure.QueueFull => ReasonCode.QuotaExceeded,
                CommandFailure.PacketTooLarge => ReasonCode.PacketTooLarge, // an answer that the client does not take [MQTT-3.1.2-24 v5]
                _ => ReasonCode.UnspecifiedError,
            },
            failed.Message);
    }

    /// <summary>
    /// A client that sends no more may still read: it gets the answers to what it has sent before the connection closes. The connection waits no
    /// longer than <c>close-timeout</c> for that.
    /// </summary>
    private void FinishInbound()
    {
        if (_link is { InboundClosed: true } link && _intake.IsIdle)
            Self.Tell(new InSequence(link, InSequence.Step.InboundAnswered)); // behind what its own messages brought to its mailbox
    }

    private void Receive(InSequence step)
    {
        if (step.What == InSequence.Step.TakeOver)
            Refuse(ReasonCode.SessionTakenOver); // [MQTT-3.1.4-3 v5] [MQTT-3.1.4-2 v3.1.1]
        else
            step.Link.Connection.Tell(Mqtt.Close.Instance);
    }

    /// <summary>
    /// The connection is ending, or has ended. What depends on that, a will above all, does not wait for the peer to close too [MQTT-3.1.2-8].
    /// </summary>
    private void ConnectionEnded(Mqtt.ConnectionClosed closed)
    {
        if (!closed.Undelivered.IsEmpty)
            Process(closed.Undelivered.Span);
        if (_link is null)
            return; // a DISCONNECT was among it
        if (closed is Mqtt.ErrorClosed { Reason: not (CloseReason.TransportError or CloseReason.KeepAliveTimeout) } error)
            _context.Stats.AddRefusal(Refused.Connection, error.ReasonCode ?? ReasonCode.UnspecifiedError); // the connection has logged it
        var (reason, text) = closed switch
        {
            Mqtt.ErrorClosed { Reason: CloseReason.KeepAliveTimeout } silent => (ReasonCode.KeepAliveTimeout, silent.Message),
            Mqtt.ErrorClosed failed => (failed.ReasonCode ?? ReasonCode.UnspecifiedError, failed.Message),
            _ => (ReasonCode.UnspecifiedError, "The client closed the connection without DISCONNECT."),
        };
        EndLink(true, null, reason, text, _intake.TakeLast());
    }

    /// <summary>
    /// Ends the connection: tells the peer why, where its version has a packet for that, and closes [MQTT-3.14.4-2].
    /// </summary>
    /// <param name="reason">Why.</param>
    /// <param name="detail">More for the log.</param>
    /// <param name="cause">An exception of our own code or of a hook: then it is our fault, not the client's.</param>
    private void Refuse(ReasonCode reason, string? detail = null, Exception? cause = null)
    {
        if (_link is not { } link)
            return;
        var last = _intake.TakeLast();
        LinkEnd.Log(_context, ClientId, link, reason, detail, cause);
        if (link.IsV5) // [MQTT-3.14.0-1]; 3.x has no DISCONNECT of a server
            _writer.Outgoing.Add(LinkEnd.Disconnect(_context.Settings, link, reason));
        _writer.Flush();
        link.Connection.Tell(Mqtt.Close.Instance);
        EndLink(true, null, reason, $"The server disconnected it: {reason}.", last);
    }

    /// <summary>The session lets the connection go.</summary>
    /// <param name="keepWill">Whether the will is to be published.</param>
    /// <param name="expiry">The Session Expiry Interval of DISCONNECT, or null.</param>
    /// <param name="reason">How the connection ended, for <see cref="ClientDisconnected"/>.</param>
    /// <param name="text">The same for people.</param>
    /// <param name="last">A DISCONNECT that had come and was not handled yet: it counts all the same.</param>
    private void EndLink(bool keepWill, uint? expiry, ReasonCode reason, string text, Disconnect? last = null)
    {
        var link = _link!;
        if (last is not null)
        {
            keepWill = last.ReasonCode != ReasonCodes.NormalDisconnection; // [MQTT-3.14.4-3]
            expiry = last.Properties?.SessionExpiryInterval;
            if (!link.MaySetExpiry(expiry))
                expiry = null; // U-3.14.2.2.2-1 v5
            (reason, text) = (last.ReasonCode, "The client disconnected.");
        }
        _link = null;
        (_closing ??= []).Add(link);
        _counters.End();
        _intake.End();
        _writer.End();
        Context.System.EventStream.Publish(new ClientDisconnected(_context.Admin, ClientId, reason, text));
        _life.Disconnected(keepWill, expiry, comesBack: _next is { Request.Connect.CleanStart: false });
        Observe();
        _life.CheckDue(); // a will without a delay is published although its client has come back [MQTT-3.1.2-8]
        if (_next is not null)
            Begin();
        else
            RetireIfOver();
    }

    /// <summary>A connection that was let go has ended.</summary>
    private void Ended(IActorRef connection)
    {
        var at = _closing?.FindIndex(each => each.Connection.Equals(connection)) ?? -1;
        if (at < 0)
            return;
        _closing![at].Permit?.Dispose();
        _closing.RemoveAt(at);
        if (_closing.Count == 0)
            _closing = null;
        RetireIfOver();
    }

    /// <summary>The connection ended before it had heard of this session: its handshake tells.</summary>
    private void Receive(ConnectionLost lost)
    {
        if (lost.Connection.Equals(_next?.Request.Connection))
        {
            _next = _next! with { Lost = lost };
        }
        else if (lost.Connection.Equals(_link?.Connection))
        {
            ConnectionEnded(lost.Closed);
            Ended(lost.Connection);
        }
    }

    private void CheckDue()
    {
        _life.CheckDue();
        RetireIfOver();
    }

    private void RetireIfOver()
    {
        if (!_life.IsAlive && _link is null && _closing is null && _next is null)
            Context.Parent.Tell(new SessionProtocol.Retire(_key, _epoch));
    }

    private void Receive(Attach attach)
    {
        _epoch = attach.Epoch;
        var request = attach.Request;
        if (!_life.BelongsTo(request.Identity.UserName))
        {
            request.Handshake.Tell(new SessionRefused(ReasonCode.ClientIdentifierNotValid, "the session belongs to another user", request.Connection));
            return;
        }
        _next?.Request.Handshake.Tell(new SessionRefused(ReasonCode.SessionTakenOver, null, _next.Request.Connection));
        _next = attach;
        if (_link is not { } link)
        {
            Begin();
        }
        else if (!link.IsTakenOver)
        {
            link.IsTakenOver = true;
            // Registering again is answered in order: what the client had sent comes first, and a DISCONNECT takes its will away still.
            link.Connection.Tell(Registration() with { Ack = new InSequence(link, InSequence.Step.TakeOver) });
        }
    }

    private Mqtt.Register Registration() => new(Self)
    {
        Delivery = MqttDelivery.Batches, KeepOpenOnPeerClosed = true, TellsItsEnd = true,
    };

    /// <summary>Nobody holds the session: the client that waits gets it.</summary>
    private void Begin()
    {
        var (epoch, request) = _next!;
        var lost = _next!.Lost;
        _next = null;
        var connect = request.Connect;
        var now = _context.UtcNow;
        if (_life.IsAlive && (connect.CleanStart || _life.Core!.HasExpired(now)))
            _life.End(); // [MQTT-3.1.2-4 v5] [MQTT-3.1.2-6 v3.1.1]
        var present = _life.IsAlive; // [MQTT-3.2.2-2 v5] [MQTT-3.2.2-3 v5] [MQTT-3.2.2-1 v3.1.1] [MQTT-3.2.2-2 v3.1.1]
        if (!present)
            _life.Begin(request.Identity.UserName, now);
        var link = _link = new ClientLink(request);
        _writer.Begin(link, connect);
        UseRights(request.Rights);
        _life.Core!.Connect(epoch, _writer, connect.Properties?.ReceiveMaximum ?? ushort.MaxValue, connect.Will, ExpiryOf(connect), now);
        _life.Connected(link.Info);
        _intake.Begin(link, _life);
        _counters.Begin(link.Transport);
        _counters.ChunkReceived([connect]);
        // CONNACK goes before everything else [MQTT-3.2.0-1].
        var answer = request.Answer with { SessionPresent = present && connect.Version != MqttVersion.V31 };
        _counters.BatchSent([answer]);
        link.Connection.Tell(new Mqtt.Write(answer));
        link.Connection.Tell(Registration() with { Ack = SessionOpened.Instance }, request.Handshake);
        Context.System.EventStream.Publish(new ClientConnected(_context.Admin, ClientId, link.Info));
        if (lost is not null)
        {
            Receive(lost);
            return;
        }
        Recheck();
        Pump();
    }

    /// <summary>3.x: clean session ends with the connection, others are kept as long as the server keeps any.</summary>
    private uint ExpiryOf(Connect connect) => connect.Version == MqttVersion.V5
        ? SessionExpiry.Limit(connect.Properties?.SessionExpiryInterval ?? 0, _context.Settings)
        : connect.CleanStart ? 0 : SessionExpiry.Limit(uint.MaxValue, _context.Settings);

    private void UseRights(ClientRights? rights)
    {
        _life.Rights = rights;
        _writer.Use(rights);
        _intake.Rights = rights;
    }
}
