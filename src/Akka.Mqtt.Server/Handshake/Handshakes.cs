using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Connection;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Limits;
using Akka.Mqtt.Server.Sessions;
using Akka.Mqtt.Server.Shared;

namespace Akka.Mqtt.Server.Handshake;

/// <summary>
/// The handshakes in progress, by connection, in one actor. An actor for each handshake would add a fifth to the cost of a connection
/// until its client is accepted (ADR 18). When a handshake throws, only that handshake ends. Owned by the actor.
/// </summary>
/// <param name="context">The server.</param>
/// <param name="registry">The registry of sessions.</param>
/// <param name="host">The actor, which passes its messages to this object.</param>
/// <param name="scheduler">Schedules the time-outs.</param>
/// <param name="log">The log of the actor.</param>
internal sealed class Handshakes(ServerContext context, IActorRef registry, IActorRef host, IScheduler scheduler, ILoggingAdapter log)
{
    private const int ChecksOfOpening = 4; // so a client waits at most 1.25 times authentication-timeout for its session, and in a cluster Patience longer

    private readonly TimeSpan _checkInterval = context.Settings.AuthenticationTimeout / ChecksOfOpening;

    private readonly Dictionary<IActorRef, ClientHandshake> _handshakes = [];
    private bool _checksOpening; // one timer for all: a timer for each client would cost every connect

    public ServerContext Context => context;

    public IActorRef Registry => registry;

    public IActorRef Host => host;

    public IScheduler Scheduler => scheduler;

    public ILoggingAdapter Log => log;

    /// <summary>The command that makes the actor the handler of a connection.</summary>
    public Mqtt.Register Registration { get; } =
        new(host) { Delivery = MqttDelivery.Pull, KeepOpenOnPeerClosed = true, TellsItsEnd = true };

    /// <summary>The number of handshakes in progress.</summary>
    public int Count => _handshakes.Count;

    /// <summary>Starts the handshake of a new connection.</summary>
    /// <param name="listener">The listener that accepted the connection.</param>
    /// <param name="connected">The connection.</param>
    /// <param name="permit">Its permit of the gate.</param>
    public void Begin(ListenerProfile listener, Mqtt.Connected connected, ConnectionPermit permit)
    {
        var handshake = new ClientHandshake(this, listener, connected, permit);
        _handshakes.Add(connected.Connection, handshake);
        handshake.Begin();
    }

    /// <summary>
    /// Notes that an accepted client waits for its session, and starts the checks. Waiting takes long when a storage or another node does
    /// not answer.
    /// </summary>
    public void Opening()
    {
        if (_checksOpening)
            return;
        _checksOpening = true;
        scheduler.ScheduleTellOnce(_checkInterval, host, CheckOpening.Instance, ActorRefs.NoSender);
    }

    /// <summary>Passes a message to its handshake.</summary>
    /// <param name="message">The message.</param>
    /// <param name="sender">The sender: the connection, or the gate on its behalf.</param>
    /// <returns>Whether the message is for a handshake, even one that has ended.</returns>
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

    /// <summary>Refuses the clients that are not accepted yet, because the server stops.</summary>
    public void Drain()
    {
        foreach (var handshake in _handshakes.Values.ToArray())
            Receive(Shared.Drain.Instance, handshake);
    }

    /// <summary>Ends all handshakes, because the actor stops. Their connections close when they lose their handler.</summary>
    public void Stop()
    {
        foreach (var handshake in _handshakes.Values.ToArray())
        {
            handshake.Connection.Tell(HandlerEnded.Instance, host);
            Remove(handshake);
        }
    }

    /// <summary>Removes a handshake that has ended.</summary>
    public void Remove(ClientHandshake handshake)
    {
        if (_handshakes.Remove(handshake.Connection))
            handshake.End();
    }

    private void CheckWhoWaits()
    {
        _checksOpening = false;
        var waits = false;
        var most = ChecksOfOpening + (context.Owners is { } owners ? (int)(owners.Patience / _checkInterval) : 0);
        foreach (var handshake in _handshakes.Values)
            waits |= handshake.WaitsForSession(most);
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
