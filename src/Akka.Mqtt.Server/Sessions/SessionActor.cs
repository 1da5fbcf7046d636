using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Connection;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;
using Akka.Mqtt.Server.Admin;
using Akka.Mqtt.Server.Connections;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Limits;
using Akka.Mqtt.Server.Routing;
using Akka.Mqtt.Server.Security;
using Akka.Mqtt.Server.Telemetry;

namespace Akka.Mqtt.Server.Sessions;

/// <summary>
/// The session of one client, and the handler of its connection: takes packets of the client and deliveries of publishers, and writes to the
/// connection. Outlives connections; serves one at a time.
/// </summary>
internal sealed class SessionActor : UntypedActor
{
    private readonly ServerContext _context;
    private readonly SessionKey _key;
    private readonly SessionCounters _counters;
    private readonly ClientWriter _writer;
    private readonly SlowConsumerWatch _slow;
    private readonly SessionLife _life;
    private readonly ClientIntake _intake;
    private ClientLink? _link;
    private List<ClientLink>? _closing; // connections that were let go and have not ended yet
    private Attach? _next; // a client that waits for the connection before it to let go
    private long _epoch; // the last that the registry gave

    internal SessionActor(ServerContext context, SessionKey key)
    {
        _context = context;
        _key = key;
        _counters = new SessionCounters(context);
        _writer = new ClientWriter(context, _counters, Self);
        _slow = new SlowConsumerWatch(context, Self);
        var subscriptions = new SubscriptionHandler(context, key.ClientId, Self, Context.System.EventStream);
        _life = new SessionLife(context, key, Self, subscriptions);
        _intake = new ClientIntake(context, key.ClientId, Self, subscriptions, _counters, _writer);
    }

    private string ClientId => _key.ClientId;

    /// <summary>The fence: whether a message comes from the connection that the session serves now.</summary>
    private bool IsFromClient => _link is not null && _link.Connection.Equals(Sender);

    public static Props PropsFor(ServerContext context, SessionKey key) => new SessionProps(context, key);

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case Deliver deliver:
                Receive(deliver);
                break;
            case Mqtt.Received received:
                if (IsFromClient)
                    Receive(received.Packets);
                break;
            case Written written:
                if (_writer.Written(written))
                    WrittenOut();
                break;
            case SubscriptionHandler.Applied applied:
                if (ReferenceEquals(applied.Link, _link))
                    Receive(applied);
                break;
            case Receipt receipt:
                if (_link is not null && _intake.Complete(receipt))
                    GoOn();
                break;
            case Attach attach:
                Receive(attach);
                break;
            case Mqtt.Event happened:
                if (IsFromClient)
                    Receive(happened);
                else if (happened is Mqtt.ConnectionClosed)
                    Ended(Sender);
                break;
            case ConnectionLost lost:
                Receive(lost);
                break;
            case InSequence step:
                if (ReferenceEquals(step.Link, _link))
                    Receive(step);
                break;
            default:
                if (!ReceiveTimer(message) && !ReceiveAuthentication(message) && !ReceiveAdministration(message))
                    Unhandled(message);
                break;
        }
    }

    protected override void PostStop()
    {
        var next = _next;
        _next = null;
        next?.Request.Handshake.Tell(new SessionRefused(ReasonCode.UnspecifiedError, "its session failed"));
        var connection = _link?.Connection;
        Refuse(ReasonCode.UnspecifiedError, "its session failed");
        connection?.Tell(HandlerEnded.Instance);
        if (_life.IsAlive)
            _life.End(); // after a failure of this actor nobody else would take its subscriptions back
        _life.Stop();
        _slow.Stop();
        foreach (var link in _closing ?? [])
            link.Permit?.Dispose();
    }

    private void Receive(Deliver deliver)
    {
        deliver.Target.Release(deliver.Packets.Length);
        if (!ReferenceEquals(deliver.Target, _life.Target) || !_life.IsAlive)
        {
            _life.Return(deliver);
            return;
        }
        var now = _context.UtcNow; // one look at the clock for the batch
        _context.Meters?.Delivered(Math.Max(0, now - deliver.ReceivedAt));
        var outgoing = _life.Core!.Outgoing;
        if (deliver.Shares is null && _link is not null && outgoing.IsClear && _writer.CanPassOn(deliver.Batch))
        {
            _writer.PassOn(deliver.Batch);
            Observe();
            return;
        }
        outgoing.Deliver(deliver.Packets, deliver.Shares, deliver.ReceivedAt, now, _life);
        Flush();
    }

    private void WrittenOut()
    {
        if (_life.Core!.Outgoing is { HasWaiting: false, HasReplay: false })
            Observe();
        else
            Pump();
    }

    private void Pump()
    {
        if (_link is not null)
            _life.Pump();
        Flush();
    }

    private void Flush()
    {
        if (_link is not null)
            _writer.Flush();
        Observe();
    }

    private void Observe()
    {
        if (!_life.IsAlive)
            return;
        var drops = _life.Observe(_writer.UnwrittenBytes);
        var outgoing = _life.Core!.Outgoing;
        if (_slow.Observe(_link is not null, outgoing.QueuedCount, outgoing.QueuedBytes))
        {
            _context.Log.Info(
                "{ClientId} at {Transport} is a slow consumer: {Messages} messages, {Bytes} bytes wait",
                ClientId,
                _link!.Transport,
                outgoing.QueuedCount,
                outgoing.QueuedBytes);
        }
        if (drops.QueueFull > 0 && _context.Settings.Limits.QueueOverflow == QueueOverflowRule.Disconnect)
            Refuse(ReasonCode.QuotaExceeded);
    }

    private void Receive(MqttList<MqttPacket> packets)
    {
        Process(packets.Span);
        _counters.ChunkReceived(packets.Span);
    }

    private void Process(ReadOnlySpan<MqttPacket> packets)
    {
        var end = _intake.Process(packets);
        if (end.Failure != ReasonCode.Success)
            Refuse(end.Failure);
        else if (end.Disconnect is { } disconnect)
            Leave(disconnect);
        else if (end.HasAcknowledged)
            Pump();
        else
            _writer.Flush();
    }

    /// <summary>What the client has sent and could not be handled may be handled now.</summary>
    private void GoOn()
    {
        if (_intake.TryTakeHeld(out var held))
        {
            Process(held);
            if (_link is null)
                return;
            _intake.Resume();
        }
        else
        {
            _writer.Flush();
        }
        FinishInbound();
    }

    private void Receive(SubscriptionHandler.Applied applied)
    {
        _writer.Outgoing.Add(applied.Answer);
        foreach (var subscription in applied.Replays)
            _life.Replay(subscription, applied.Version);
        _intake.RoutesApplied();
        Pump();
        if (_link is not null)
            GoOn();
    }

    private void Leave(Disconnect packet)
    {
        var link = _link!;
        var expiry = packet.Properties?.SessionExpiryInterval;
        if (!link.MaySetExpiry(expiry))
        {
            Refuse(ReasonCode.ProtocolError); // U-3.14.2.2.2-1 v5
            return;
        }
        _writer.Flush();
        link.Connection.Tell(Mqtt.Close.Instance);
        // [MQTT-3.14.4-3] only a normal disconnection takes the will away
        EndLink(
            packet.ReasonCode != ReasonCodes.NormalDisconnection,
            expiry,
            packet.ReasonCode,
            packet.Properties?.ReasonString ?? "The client disconnected.");
    }

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
        if (_next is not null)
            Begin();
        else
            CheckDue();
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
            request.Handshake.Tell(new SessionRefused(ReasonCode.ClientIdentifierNotValid, "the session belongs to another user"));
            return;
        }
        _next?.Request.Handshake.Tell(new SessionRefused(ReasonCode.SessionTakenOver, null));
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

    /// <summary>The rules may have changed: a client that would not be let in any more goes, the others get their new rights.</summary>
    private void Recheck()
    {
        if (_link is not { } link)
            return;
        var rules = _context.Security.Of(link.Identity.Listener);
        if (ReferenceEquals(rules, link.Rules))
            return;
        if (!rules.MayStay(link.Identity, link.AuthenticationMethod, link.Transport))
        {
            Refuse(ReasonCode.NotAuthorized, "the new rules");
            return;
        }
        link.Rules = rules;
        var hooks = _context.Hooks;
        UseRights(ClientRights.AreNeeded(rules, hooks) ? ClientRights.For(link.Identity, rules, hooks, _context.Log) : null);
    }

    private bool ReceiveAuthentication(object message)
    {
        switch (message)
        {
            case Reauthentication.Stepped stepped:
                if (ReferenceEquals(stepped.Link, _link))
                    Receive(stepped);
                return true;
            case Reauthentication.Failed failed:
                if (ReferenceEquals(failed.Link, _link) && _intake.IsAtWork(failed.Exchange))
                    Refuse(ReasonCode.UnspecifiedError, "an authenticator failed", failed.Cause);
                return true;
            case Reauthentication.TimeUp late:
                if (ReferenceEquals(late.Link, _link) && _intake.IsAtWork(late.Exchange))
                    Refuse(ReasonCode.NotAuthorized, "authentication took too long");
                return true;
            case SecurityActor.Changed:
                Recheck();
                return true;
            default:
                return false;
        }
    }

    private void Receive(Reauthentication.Stepped stepped)
    {
        if (!_intake.TryAdvance(stepped, out var result))
            return;
        if (result is { IsAccepted: false })
        {
            // [MQTT-4.12.1-2 v5]
            var fits = result.ReasonCode.IsAllowed(MqttPacketType.Disconnect, MqttRole.Server);
            Refuse(fits ? result.ReasonCode : ReasonCode.NotAuthorized, "re-authentication");
            return;
        }
        if (result is not null)
            _link!.Identity = _link.Identity with { Credential = result.Credential };
        _writer.Flush();
        Recheck(); // the rules may have changed meanwhile
    }

    private bool ReceiveTimer(object message)
    {
        switch (message)
        {
            case SessionLife.Due:
                CheckDue();
                return true;
            case ClientIntake.RateDelayOver:
                _intake.RateDelayIsOver();
                if (_link is not null)
                    GoOn();
                return true;
            case ClientIntake.DeliveryTimeUp late:
                _intake.GiveUp(late);
                return true;
            case SlowConsumerWatch.TimeUp:
                if (_link is not null && _slow.IsTimeUp())
                    Refuse(ReasonCode.QuotaExceeded);
                return true;
            case SessionProtocol.Retired:
                Context.Stop(Self);
                return true;
            default:
                return false;
        }
    }

    private bool ReceiveAdministration(object message)
    {
        switch (message)
        {
            case AcceptorActor.Drain:
                Refuse(ReasonCode.ServerShuttingDown);
                return true;
            case Inspect inspect:
                inspect.ReplyTo.Tell(_life.IsAlive
                    ? SessionReport.Of(_life.Core!, _link, _counters, _writer, _slow.IsSlow, _intake.IsThrottled)
                    : new MqttServer.ClientNotFound(inspect.ClientId));
                return true;
            case Evict evict:
                Receive(evict);
                return true;
            case Relieve relieve:
                _context.Drops.Add(DropReason.MemoryPressure, _life.IsAlive ? _life.Core!.Outgoing.DropQueue() : 0);
                Refuse(relieve.Reason);
                Observe();
                return true;
            default:
                return false;
        }
    }

    private void Receive(Evict evict)
    {
        var (command, replyTo) = evict;
        if (!_life.IsAlive)
        {
            replyTo.Tell(new MqttServer.ClientNotFound(command.ClientId));
            return;
        }
        replyTo.Tell(new MqttServer.ClientDisconnecting(command.ClientId, _link is not null));
        Refuse(command.Reason);
        if (!command.EndSession || !_life.IsAlive || _link is not null)
            return;
        _life.End();
        RetireIfOver();
    }

    /// <summary>Say what you are.</summary>
    internal sealed record Inspect(string ClientId, IActorRef ReplyTo) : INoSerializationVerificationNeeded;

    /// <summary>End your connection, perhaps yourself.</summary>
    internal sealed record Evict(MqttServer.DisconnectClient Command, IActorRef ReplyTo) : INoSerializationVerificationNeeded;

    /// <summary>Memory is short: give up what waits, and the connection.</summary>
    internal sealed record Relieve(ReasonCode Reason) : INoSerializationVerificationNeeded;

    /// <summary>Registry to session: serve this client; the one before is taken over from.</summary>
    internal sealed record Attach(long Epoch, OpenSession Request) : INoSerializationVerificationNeeded
    {
        /// <summary>Set when the connection ended while the client waited: it gets its turn all the same, for what its CONNECT changes.</summary>
        public ConnectionLost? Lost { get; init; }
    }

    /// <summary>Comes back to the session behind everything that was on the way to it.</summary>
    private sealed record InSequence(ClientLink Link, InSequence.Step What) : INoSerializationVerificationNeeded
    {
        internal enum Step
        {
            TakeOver,
            InboundAnswered,
        }
    }
}
