using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Connection;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Connections;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Routing;
using Akka.Mqtt.Server.Security;
using Akka.Mqtt.Server.Shared;

namespace Akka.Mqtt.Server.Sessions;

/// <summary>
/// The session of one client, and the handler of its connection: takes packets of the client and deliveries of publishers, and writes to the
/// connection. Outlives connections; serves one at a time.
/// </summary>
internal sealed partial class SessionActor : UntypedActor
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
        next?.Request.Handshake.Tell(new SessionRefused(ReasonCode.UnspecifiedError, "its session failed", next.Request.Connection));
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
