using System.Net.Sockets;
using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Streams;
using Akka.Mqtt.Telemetry;
using Akka.Mqtt.Transport;

namespace Akka.Mqtt.Connection;

/// <summary>Handles Connect, Bind and Attach. Parent of client-side connections, attached connections and listeners.</summary>
internal sealed class MqttManager : ReceiveActor
{
    private const string ListenerName = "listener-";

    private readonly MqttConnectionSettings _settings;
    private readonly InMemoryNetwork _network;
    private readonly FramingHost _framing;
    private readonly IActorRef _manager = Context.Self;
    private long _listeners;
    private readonly DialCommanders _dials = new(Context);

    public MqttManager(MqttConnectionSettings settings, InMemoryNetwork network, FramingHost framing)
    {
        _settings = settings;
        _network = network;
        _framing = framing;
        Receive<Mqtt.Command>(NamesNoDispatcher, RefuseDispatcher);
        Receive<Mqtt.Connect>(Dial);
        Receive<Dialled>(HandleDialled);
        Receive<DialFailed>(failed => _dials.Ended(failed.Commander, failed.Dial));
        Receive<DialCommanders.Stopped>(stopped => _dials.CommanderStopped(stopped.Commander));
        Receive<Mqtt.Bind>(Bind);
        Receive<Mqtt.Attach>(attach => Attach(attach));
        Receive<SystemShutdown.UnbindAll>(unbind => Answer(SystemShutdown.UnbindAsync(Context.GetChildren().Where(IsListener).ToList(), unbind.Patience)));
        Receive<SystemShutdown.CloseAll>(close => Answer(SystemShutdown.StopAsync(Context.GetChildren().ToList(), close.Patience)));
        Receive<Mqtt.Command>(command => Sender.Tell(
            new Mqtt.CommandFailed(command, CommandFailure.NotSupported, "The manager accepts Mqtt.Connect, Mqtt.Bind and Mqtt.Attach.")));
        Receive<MqttPacket>(packet => Sender.Tell(
            new Mqtt.CommandFailed(packet, CommandFailure.NotSupported, "Send packets to a connection: dial one with Mqtt.Connect.")));
    }

    public static Props Props(MqttConnectionSettings settings, InMemoryNetwork network, FramingHost framing) =>
        Akka.Actor.Props.Create(() => new MqttManager(settings, network, framing)).WithDeploy(Deploy.Local);

    protected override SupervisorStrategy SupervisorStrategy() => new OneForOneStrategy(_ => Directive.Stop);

    private static MqttConnectionSettings? SettingsOf(Mqtt.Command command) => command switch
    {
        Mqtt.Connect connect => connect.Settings,
        Mqtt.Bind bind => bind.Settings,
        Mqtt.Attach attach => attach.Settings,
        _ => null,
    };

    /// <summary>
    /// Whether the dispatcher of a command is not configured. Akka would fail the parent of the child, here the manager, and that would
    /// end all connections.
    /// </summary>
    private bool NamesNoDispatcher(Mqtt.Command command) =>
        SettingsOf(command) is { Dispatcher: { Length: > 0 } name } && name != _settings.Dispatcher && !Context.System.Dispatchers.HasDispatcher(name);

    private void RefuseDispatcher(Mqtt.Command command)
    {
        MqttMeters.CommandFailed(CommandFailure.NotSupported);
        Sender.Tell(new Mqtt.CommandFailed(
            command, CommandFailure.NotSupported, $"There is no dispatcher {SettingsOf(command)!.Dispatcher} in the configuration of the actor system."));
    }

    private static bool IsListener(IActorRef child) => child.Path.Name.StartsWith(ListenerName, StringComparison.Ordinal);

    private void Answer(Task done) => done.PipeTo(Sender, Self, () => Done.Instance);

    private void Dial(Mqtt.Connect connect)
    {
        var commander = Sender;
        var dial = _dials.Begin(commander);
        DialAsync(connect, dial.Token).PipeTo(
            Self,
            Self,
            link => new Dialled(connect, link, commander, dial),
            cause => Failed(connect, commander, cause, dial));
    }

    private void HandleDialled(Dialled dialled)
    {
        if (_dials.Ended(dialled.Commander, dialled.Dial))
            Start(dialled.Link, MqttRole.Client, dialled.Connect.Settings, dialled.Commander, !dialled.Connect.IsOfManagedClient);
        else
            dialled.Link.Dispose(); // the actor that dialled has stopped, so no handler would register
    }

    private async Task<TransportLink> DialAsync(Mqtt.Connect connect, CancellationToken commanderStopped)
    {
        var settings = connect.Settings ?? _settings;
        var timeout = connect.Timeout ?? settings.DialTimeout;
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(commanderStopped);
        deadline.CancelAfter(timeout);
        try
        {
            return StreamTransport.IsSocket(connect.RemoteAddress, connect.Tls is not null)
                ? await SocketTransport.DialAsync(connect, deadline.Token).ConfigureAwait(false)
                : await StreamTransport.DialAsync(connect, settings, _network, deadline.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException cause) when (deadline.IsCancellationRequested && !commanderStopped.IsCancellationRequested)
        {
            throw TransportException.TookTooLong(connect.RemoteAddress, timeout, cause);
        }
    }

    private DialFailed Failed(Mqtt.Connect connect, IActorRef commander, Exception cause, CancellationTokenSource dial)
    {
        var known = cause as TransportException;
        var failed = new Mqtt.CommandFailed(connect, known?.Reason ?? CommandFailure.ConnectFailed, cause.Message)
        {
            Cause = known?.InnerException ?? cause,
        };
        MqttMeters.CommandFailed(failed.Reason);
        _framing.Log.Debug("Dialling {0} failed: {1}", connect.RemoteAddress, cause.Message);
        commander.Tell(failed, _manager);
        return new DialFailed(commander, dial);
    }

    private void Bind(Mqtt.Bind bind)
    {
        var settings = bind.Settings ?? _settings;
        if (settings.Engine != _settings.Engine)
            AkkaIo.Check(settings, AkkaIo.CanAdoptSockets, _framing.Log);
        try
        {
            if (bind.LocalAddress is not InMemoryEndPoint)
                Preparation.Run();
            var listener = StreamTransport.IsSocket(bind.LocalAddress, bind.Tls is not null)
                ? SocketTransport.Bind(bind)
                : new StreamTransportListener(StreamTransport.Bind(bind, settings, _network));
            Context.ActorOf(MqttListener.Props(bind, listener, settings, Sender, _framing), $"{ListenerName}{_listeners++}");
        }
        catch (Exception cause) when (cause is TransportException or SocketException or NotSupportedException or ArgumentException or IOException)
        {
            MqttMeters.CommandFailed(CommandFailure.BindFailed);
            _framing.Log.Debug("Binding {0} failed: {1}", bind.LocalAddress, cause.Message);
            var reason = (cause as TransportException)?.Reason ?? CommandFailure.BindFailed;
            Sender.Tell(new Mqtt.CommandFailed(bind, reason, cause.Message) { Cause = cause.InnerException ?? cause });
        }
    }

    private void Attach(Mqtt.Attach attach)
    {
        var connection = Start(new StreamLink(SynchronousStream.Over(attach.Stream), attach.Transport), attach.Role, attach.Settings, Sender);
        attach.Started?.TrySetResult(connection);
    }

    private IActorRef Start(TransportLink link, MqttRole role, MqttConnectionSettings? settings, IActorRef commander, bool watchesCommander = true) =>
        Context.ActorOf(new ConnectionProps(new ConnectionStart(link, role, settings ?? _settings, commander, _framing, watchesCommander)));

    private sealed record Dialled(Mqtt.Connect Connect, TransportLink Link, IActorRef Commander, CancellationTokenSource Dial)
        : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    private sealed record DialFailed(IActorRef Commander, CancellationTokenSource Dial)
        : INoSerializationVerificationNeeded, IDeadLetterSuppression;
}
