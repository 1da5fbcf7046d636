using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Akka.Mqtt.Logs;
using Akka.Mqtt.Server.Admin;
using Akka.Mqtt.Server.Bridges;
using Akka.Mqtt.Server.Connections;
using Akka.Mqtt.Server.Handshake;
using Akka.Mqtt.Server.Local;
using Akka.Mqtt.Server.Security;
using Akka.Mqtt.Server.Sessions;
using Akka.Mqtt.Server.Shared;
using Akka.Mqtt.Server.SysTopics;
using Akka.Mqtt.Transport;

namespace Akka.Mqtt.Server;

/// <summary>
/// The root actor of one server: parent of its actors, owner of its listeners. It lives from start to stop and never restarts.
/// </summary>
internal sealed class ServerActor : UntypedActor, IWithTimers
{
    private readonly ServerContext _context;
    private readonly ILoggingAdapter _log = Context.GetSafeLogger();
    private readonly List<MqttServerEndpoint> _endpoints = [];
    private readonly List<IActorRef> _listeners = [];
    private readonly IActorRef[] _bridges;
    private readonly IActorRef _ownClients;
    private ClockTimer? _sweep;
    private readonly Dictionary<string, IActorRef> _acceptors = new(StringComparer.Ordinal);
    private readonly IActorRef _acceptor;
    private readonly IActorRef _sessions;
    private readonly IActorRef _local;
    private readonly IActorRef _security;
    private readonly ServerMeters? _meters;
    private readonly IActorRef? _cluster;
    private IActorRef _starter = ActorRefs.Nobody;
    private bool _isStopping;
    private int _next;
    private bool _bindsSecond;

    public ServerActor(ServerContext context)
    {
        _context = context with { Log = Context.GetSafeLogger() };
        _context = _context with { Admin = Context.ActorOf(AdminActor.PropsFor(_context), "admin") };
        _meters = _context.IsMeasured ? new ServerMeters(_context) : null;
        _context = _context with { Meters = _meters };
        _local = Context.ActorOf(LocalActor.PropsFor(_context), "local");
        Context.ActorOf(DropReporterActor.PropsFor(_context), "drops");
        Context.ActorOf(MemoryGuardActor.PropsFor(_context), "memory");
        if (_context.Settings.SysInterval is { } interval)
            Context.ActorOf(SysTopicsActor.PropsFor(_context, interval), "sys");
        _sessions = Context.ActorOf(SessionRegistryActor.PropsFor(_context), "sessions");
        _context.Clients.Registry = _sessions;
        _security = Context.ActorOf(SecurityActor.PropsFor(_context.Security, _sessions), "security");
        _acceptor = Context.ActorOf(AcceptorActor.PropsFor(_context, ListenerProfile.Default(_context.Settings), _sessions), "clients");
        if (_context.Hooks.Cluster is { } cluster)
            _context.Owners!.Use(_cluster = Context.ActorOf(cluster.PropsFor(_context), "cluster"), _sessions);
        foreach (var listener in _context.Settings.Listeners)
            _acceptors[listener.Name] = Context.ActorOf(AcceptorActor.PropsFor(_context, ListenerProfile.Of(listener), _sessions));
        _ownClients = Context.ActorOf(OwnClientsActor.PropsFor(_context, _sessions), "own-clients");
        _bridges = [.. _context.Settings.Bridges.Select(StartBridge)];
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props PropsFor(ServerContext context) => Props.Create(() => new ServerActor(context)).WithDeploy(Deploy.Local);

    protected override void PreStart()
    {
        ScheduleSweep();
        var most = _context.Gate.MaxConnections;
        if (most < _context.Settings.MaxConnections)
        {
            _log.Info(
                "At most {Most} connections, not max-connections = {Setting}: the system allows {Limit} file descriptors, and {Reserve} are kept in reserve",
                most,
                _context.Settings.MaxConnections,
                Descriptors.Limit,
                Descriptors.Reserve);
        }
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case SweepRetained:
                _context.Drops.Add(DropReason.Expired, _context.Retained.Sweep(_context.UtcNow));
                ScheduleSweep();
                break;
            case Start:
                _starter = Sender;
                BindNext();
                break;
            case Mqtt.Bound bound:
                Bound(bound);
                break;
            case Mqtt.CommandFailed { Command: Mqtt.Bind } failed when _bindsSecond && MayLack(failed.Cause):
                EndListener();
                break;
            case Mqtt.CommandFailed { Command: Mqtt.Bind } failed:
                Fail(failed.Message, failed.Cause);
                break;
            case Stop or BeginDrain:
                _isStopping |= message is Stop;
                if (_context.Lifecycle.TryBeginDrain())
                    DisconnectAll();
                else if (_isStopping && _context.Lifecycle.Drained.IsCompleted)
                    Context.Stop(Self);
                break;
            case NoConnections when _cluster is not null:
                Timers.Cancel("leave");
                _cluster.Tell(LeaveCluster.Instance); // while the node is still a member
                break;
            case NoConnections or LeaveCluster.Left or DrainTimeout:
                Timers.CancelAll();
                _context.Lifecycle.EndDrain();
                if (_isStopping)
                    Context.Stop(Self); // open connections lose their handler and close
                break;
            case OwnClientsActor.GetAddress:
                _ownClients.Forward(message);
                break;
            case Mqtt.Unbound:
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    protected override void PostStop()
    {
        _meters?.Dispose();
        _context.Stopped.Cancel();
        _context.Lifecycle.EndDrain();
        _sweep?.Dispose();
    }

    private void DisconnectAll()
    {
        foreach (var each in _listeners)
            each.Tell(Mqtt.Unbind.Instance);
        foreach (var each in _bridges.Concat(_acceptors.Values).Append(_ownClients).Append(_acceptor).Append(_sessions))
            each.Tell(Drain.Instance);
        var self = Self;
        _context.Gate.WhenEmpty(() => self.Tell(NoConnections.Instance, ActorRefs.NoSender));
        var (time, timeout) = (_context.Settings.DrainTime, _context.Settings.DrainTimeout);
        Timers.StartSingleTimer("drain", DrainTimeout.Instance, time + timeout);
        if (_cluster is not null)
            Timers.StartSingleTimer("leave", NoConnections.Instance, time + (timeout / 2)); // clients that do not close must not use up the time for the sessions
    }

    // The instruments outlive a restart of the bridge: creating them again would add them to the meter twice.
    private IActorRef StartBridge(MqttBridgeSettings bridge) =>
        Context.ActorOf(BridgeActor.PropsFor(_context, bridge, _ownClients, new BridgeMeters(bridge.Name, _meters?.Meter)), $"bridge-{bridge.Name}");

    private void ScheduleSweep()
    {
        if (_context.Settings.RetainedSweepInterval is not { } interval)
            return;
        _sweep ??= new ClockTimer(_context.Clock, Self, SweepRetained.Instance);
        _sweep.Start(interval);
    }

    private void BindNext()
    {
        var listeners = _context.Settings.Listeners;
        while (_next < listeners.Count && listeners[_next].IsWebSocket)
            _next++; // a listener of Kestrel
        if (_next == listeners.Count)
        {
            // All at once, so that the second listener refuses no client while the first one already accepts.
            foreach (var each in _listeners)
                each.Tell(Mqtt.StartAccepting.Instance);
            _starter.Tell(new Started(_acceptor, _acceptors, _security, _local, _endpoints.ToArray(), _context));
            return;
        }
        Bind(listeners[_next], listeners[_next].Address);
    }

    private void Bound(Mqtt.Bound bound)
    {
        var listener = _context.Settings.Listeners[_next];
        _listeners.Add(bound.Listener);
        _endpoints.Add(new MqttServerEndpoint(listener.Name, listener.Transport, bound.LocalAddress));
        if (_bindsSecond || listener.SecondAddress is not { } second)
        {
            EndListener();
            return;
        }
        _bindsSecond = true;
        Bind(listener, second.Port != 0 ? second : new IPEndPoint(second.Address, ((IPEndPoint)bound.LocalAddress).Port));
    }

    private void EndListener()
    {
        _bindsSecond = false;
        _next++;
        BindNext();
    }

    /// <summary>
    /// Whether a listener may lack its second address: a system without IPv6 has no ::1, and the port that was chosen for the first
    /// address may be in use at the second.
    /// </summary>
    private bool MayLack(Exception? cause)
    {
        while (cause is not (null or SocketException))
            cause = cause.InnerException;
        return ((SocketException?)cause)?.SocketErrorCode switch
        {
            SocketError.AddressFamilyNotSupported or SocketError.AddressNotAvailable or SocketError.ProtocolNotSupported => true,
            SocketError.AddressAlreadyInUse => _context.Settings.Listeners[_next].SecondAddress!.Port == 0,
            _ => false,
        };
    }

    private void Bind(ListenerSettings listener, EndPoint address)
    {
        try
        {
            Context.System.Mqtt().Tell(new Mqtt.Bind(_acceptors[listener.Name], address)
            {
                Tls = listener.IsSecure ? listener.LoadTls() : null,
                Backlog = listener.Backlog,
                AcceptsAtOnce = false,
                Settings = _context.Settings.Connection,
            });
        }
        catch (ConfigurationException error)
        {
            Fail(error.Message, error);
        }
    }

    private void Fail(string reason, Exception? cause)
    {
        var listener = _context.Settings.Listeners[_next];
        var address = _bindsSecond ? listener.SecondAddress : listener.Address;
        var error = new MqttServerException($"Listener {listener.Name} cannot listen on {address}: {reason}", cause);
        _starter.Tell(new Status.Failure(error));
        foreach (var each in _listeners)
            each.Tell(Mqtt.Unbind.Instance);
        _log.Debug("Listener {Listener} failed: {Reason}", listener.Name, reason);
        Context.Stop(Self);
    }

    internal sealed class Start : INoSerializationVerificationNeeded
    {
        public static readonly Start Instance = new();
    }

    internal sealed record Started(
        IActorRef Acceptor,
        IReadOnlyDictionary<string, IActorRef> Acceptors,
        IActorRef Security,
        IActorRef Local,
        MqttServerEndpoint[] Endpoints,
        ServerContext Context) : INoSerializationVerificationNeeded;

    internal sealed class Stop : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly Stop Instance = new();
    }

    private sealed class SweepRetained : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly SweepRetained Instance = new();
    }

    /// <summary>Disconnect all clients and accept no more; see <see cref="ServerLifecycle.Drained"/>.</summary>
    internal sealed class BeginDrain : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly BeginDrain Instance = new();
    }

    /// <summary>No connection is left.</summary>
    private sealed class NoConnections : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly NoConnections Instance = new();
    }

    private sealed class DrainTimeout : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly DrainTimeout Instance = new();
    }
}
