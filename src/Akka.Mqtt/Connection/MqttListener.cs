using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Logs;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Streams;
using Akka.Mqtt.Telemetry;
using Akka.Mqtt.Transport;

namespace Akka.Mqtt.Connection;

/// <summary>
/// One bound address. It accepts network connections, runs TLS handshakes concurrently, and is the parent of the connection actors. After
/// Unbind it lives until the last of these has stopped.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "PostStop disposes the fields of the actor.")]
internal sealed class MqttListener : ReceiveActor, IWithTimers
{
    private readonly Mqtt.Bind _bind;
    private readonly ITransportListener _listener;
    private readonly MqttConnectionSettings _settings;
    private readonly IActorRef _commander;
    private readonly FramingHost _framing;
    private readonly CancellationTokenSource _stopping = new();
    private readonly AcceptPause _pause;
    private readonly bool _usesDescriptors;
    private int _connections;
    private bool _accepting;
    private bool _unbound;

    public MqttListener(Mqtt.Bind bind, ITransportListener listener, MqttConnectionSettings settings, IActorRef commander, FramingHost framing)
    {
        _bind = bind;
        _listener = listener;
        _settings = settings;
        _commander = commander;
        _framing = framing;
        _pause = new AcceptPause(framing.Log, listener.LocalAddress);
        _usesDescriptors = bind.LocalAddress is not InMemoryEndPoint;
        Receive<Accepted>(HandleAccepted);
        Receive<TransportLink>(Start);
        Receive<HandshakeFailed>(failed => HandleHandshakeFailed(failed.Cause));
        Receive<AcceptFailed>(failed => HandleAcceptFailed(failed.Cause));
        Receive<AcceptNext>(_ => Accept());
        Receive<Mqtt.StartAccepting>(_ => StartAccepting());
        Receive<Mqtt.Unbind>(_ => Unbind(Sender));
        Receive<HandlerEnded>(_ => Unbind(ActorRefs.Nobody));
        Receive<ShuttingDown>(message =>
        {
            foreach (var connection in Context.GetChildren())
                connection.Tell(message);
            Unbind(ActorRefs.Nobody);
        });
        Receive<Mqtt.Command>(command => Sender.Tell(
            new Mqtt.CommandFailed(command, CommandFailure.NotSupported, "A listener accepts Mqtt.StartAccepting and Mqtt.Unbind.")));
    }

    public ITimerScheduler Timers { get; set; } = null!;

    public static Props Props(
        Mqtt.Bind bind, ITransportListener listener, MqttConnectionSettings settings, IActorRef commander, FramingHost framing) =>
        Akka.Actor.Props.Create(() => new MqttListener(bind, listener, settings, commander, framing)).WithDeploy(Deploy.Local);

    protected override SupervisorStrategy SupervisorStrategy() => new ChildEnds(
        _ => Directive.Stop,
        _ =>
        {
            _connections--;
            StopWhenDone();
        });

    protected override void PreStart()
    {
        Context.WatchWith(_bind.Handler, HandlerEnded.Instance);
        _framing.Log.Debug("{0}: listening", _listener.LocalAddress);
        _commander.Tell(new Mqtt.Bound(Self, _listener.LocalAddress));
        if (_bind.AcceptsAtOnce)
            StartAccepting();
    }

    protected override void PostStop()
    {
        _stopping.Cancel();
        _stopping.Dispose();
        CloseListener();
    }

    private void StartAccepting()
    {
        if (_accepting)
            return;
        _accepting = true;
        Accept();
    }

    /// <summary>Accepts again after a pause.</summary>
    private void Pause(string reason)
    {
        if (!_unbound)
            Timers.StartSingleTimer("accept", AcceptNext.Instance, _pause.Begin(reason));
    }

    private void HandleAcceptFailed(Exception cause)
    {
        if (cause is SocketException socket && Descriptors.AreExhausted(socket.SocketErrorCode))
            Descriptors.WereExhausted();
        Pause(TransportErrors.Describe(cause));
    }

    /// <summary>
    /// Keeps one accept outstanding. Clients that are already waiting are accepted in a loop, without a message for each.
    /// </summary>
    private void Accept()
    {
        const int burst = 64;
        for (var i = 0; i < burst && !_unbound; i++)
        {
            if (_usesDescriptors && Descriptors.AreShort())
            {
                Pause($"of {Descriptors.Limit} file descriptors (ulimit -n) only the reserve of {Descriptors.Reserve} is left.");
                return;
            }

            ValueTask<Func<CancellationToken, Task<TransportLink>>> accept;
            try
            {
                accept = _listener.AcceptAsync(_stopping.Token);
            }
            catch (ObjectDisposedException)
            {
                return;
            }

            if (!accept.IsCompletedSuccessfully)
            {
                accept.AsTask().PipeTo(Self, Self, handshake => new Accepted(handshake), cause => new AcceptFailed(cause));
                return;
            }

            Handshake(accept.Result);
        }

        Self.Tell(AcceptNext.Instance);
    }

    private void HandleHandshakeFailed(Exception cause)
    {
        MqttMeters.HandshakeFailed(_bind.Tls is null ? "plain" : "tls");
        var level = _framing.Refusals.Level(RefusalKind.Handshake, (cause as TransportException)?.Client, _framing.Log);
        _framing.Log.Write(level, null, "{0}: handshake of a client failed: {1}", _listener.LocalAddress, cause.Message);
    }

    private void HandleAccepted(Accepted accepted)
    {
        Handshake(accepted.Handshake);
        Accept();
    }

    private void Handshake(Func<CancellationToken, Task<TransportLink>> handshake)
    {
        _pause.End();
        if (_stopping.IsCancellationRequested)
            return;
        var shaking = handshake(_stopping.Token);
        if (shaking.IsCompletedSuccessfully)
            Start(shaking.Result);
        else
            shaking.PipeTo(Self, Self, link => (object)link, cause => new HandshakeFailed(cause));
    }

    private void Start(TransportLink link)
    {
        if (_unbound)
        {
            link.Dispose();
            return;
        }

        var start = new ConnectionStart(link, MqttRole.Server, _settings, _bind.Handler, _framing);
        Context.ActorOf(new ConnectionProps(start));
        _connections++;
    }

    private void Unbind(IActorRef requester)
    {
        if (!_unbound)
        {
            _unbound = true;
            CloseListener();
            _framing.Log.Debug("{0}: stopped listening; {1} connections stay open", _bind.LocalAddress, _connections);
        }

        requester.Tell(Mqtt.Unbound.Instance, Self);
        StopWhenDone();
    }

    private void StopWhenDone()
    {
        if (_unbound && _connections == 0)
            Context.Stop(Self);
    }

    /// <summary>Listening sockets close synchronously. Only a stream may dispose asynchronously, and nothing waits for that.</summary>
    private void CloseListener() => _listener.DisposeAsync().AsTask().PipeTo(ActorRefs.Nobody);

    private sealed record Accepted(Func<CancellationToken, Task<TransportLink>> Handshake) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    private sealed record AcceptFailed(Exception Cause) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    private sealed record HandshakeFailed(Exception Cause) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    private sealed class AcceptNext : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly AcceptNext Instance = new();
    }

    private sealed class HandlerEnded : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly HandlerEnded Instance = new();
    }
}
