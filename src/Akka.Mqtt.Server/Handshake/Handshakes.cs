using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Connection;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Limits;
using Akka.Mqtt.Server.Sessions;
using Akka.Mqtt.Server.Shared;

namespace Akka.Mqtt.Server.Handshake;

/// <summary>
/// The handshakes that are under way, by connection, in one actor: an actor for each would cost a fifth of what a connection costs until its client
/// is accepted (ADR 18). A handshake that fails ends alone. Owned by that actor.
/// </summary>
/// <param name="context">The server.</param>
/// <param name="registry">Who is asked for sessions.</param>
/// <param name="host">The actor: it passes on what it receives.</param>
/// <param name="scheduler">For time-outs.</param>
/// <param name="log">The log of the actor.</param>
internal sealed class Handshakes(ServerContext context, IActorRef registry, IActorRef host, IScheduler scheduler, ILoggingAdapter log)
{
    private const int ChecksOfOpening = 4; // a client that waits for its session is refused after authentication-timeout and at most a quarter

    private readonly Dictionary<IActorRef, ClientHandshake> _handshakes = [];
    private bool _checksOpening; // one timer for all: a timer for each client would cost every connect

    public ServerContext Context => context;

    public IActorRef Registry => registry;

    public IActorRef Host => host;

    public IScheduler Scheduler => scheduler;

    public ILoggingAdapter Log => log;

    /// <summary>What makes the actor the handler of a connection.</summary>
    public Mqtt.Register Registration { get; } =
        new(host) { Delivery = MqttDelivery.Pull, KeepOpenOnPeerClosed = true, TellsItsEnd = true };

    /// <summary>How many are under way.</summary>
    public int Count => _handshakes.Count;

    /// <summary>A connection has come.</summary>
    /// <param name="listener">By which listener.</param>
    /// <param name="connected">The connection.</param>
    /// <param name="permit">Its place.</param>
    public void Begin(ListenerProfile listener, Mqtt.Connected connected, ConnectionPermit permit)
    {
        var handshake = new ClientHandshake(this, listener, connected, permit);
        _handshakes.Add(connected.Connection, handshake);
        handshake.Begin();
    }

    /// <summary>A client has been accepted and waits for its session, which takes long when a storage or another node does not answer.</summary>
    public void Opening()
    {
        if (_checksOpening)
            return;
        _checksOpening = true;
        scheduler.ScheduleTellOnce(context.Settings.AuthenticationTimeout / ChecksOfOpening, host, CheckOpening.Instance, ActorRefs.NoSender);
    }

    /// <summary>Passes a message on.</summary>
    /// <param name="message">The message.</param>
    /// <param name="sender">Who sent it: the connection, or the gate in its name.</param>
    /// <returns>Whether it is a message for a handshake; also when that handshake is over.</returns>
    public bool Receive(object message, IActorRef sender)
    {
        if (message is CheckOpening)
        {
            CheckWhoWaits();
            return true;
        }
        if (message is IForHandshake { Handshake: var named })
        {
            if (_handshakes.TryGetValue(named.Connection, out var known) && ReferenceEquals(known, named))
                Receive(message, named);
            return true;
        }
        var connection = message is SessionRefused refused ? refused.Connection : sender;
        return _handshakes.TryGetValue(connection, out var handshake)
            ? Receive(message, handshake)
            : message is MqttPacket or Mqtt.Event or SessionOpened or SessionRefused or ConnectionPermit.Displaced;
    }

    /// <summary>The server stops: clients that are not accepted yet are refused.</summary>
    public void Drain()
    {
        foreach (var handshake in _handshakes.Values.ToArray())
            Receive(Shared.Drain.Instance, handshake);
    }

    /// <summary>The actor stops: the connections lose their handler.</summary>
    public void Stop()
    {
        foreach (var handshake in _handshakes.Values.ToArray())
        {
            handshake.Connection.Tell(HandlerEnded.Instance, host);
            Remove(handshake);
        }
    }

    /// <summary>A handshake is over.</summary>
    public void Remove(ClientHandshake handshake)
    {
        if (_handshakes.Remove(handshake.Connection))
            handshake.End();
    }

    private void CheckWhoWaits()
    {
        _checksOpening = false;
        var waits = false;
        foreach (var handshake in _handshakes.Values)
            waits |= handshake.WaitsForSession(ChecksOfOpening);
        if (waits)
            Opening();
    }

    private bool Receive(object message, ClientHandshake handshake)
    {
        try
        {
            return handshake.Receive(message);
        }
        catch (Exception error)
        {
            log.Error(error, "The handshake of a connection failed; the connection is closed.");
            handshake.Connection.Tell(Mqtt.Abort.Instance, host);
            Remove(handshake);
            return true;
        }
    }
}
