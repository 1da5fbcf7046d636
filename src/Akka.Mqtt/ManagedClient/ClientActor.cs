using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.ManagedClient;

/// <summary>
/// The client: keeps a <see cref="ClientSession"/> and makes one connection after another for it. Nothing of an attempt is used by the next one: see
/// <see cref="ClientAttempt"/>.
/// </summary>
internal sealed class ClientActor : UntypedActor, IWithTimers
{
    private const string WaitTimer = "wait";
    private const string StopTimer = "stop";
    private const string LateTimer = "late";

    private readonly MqttClientSettings _settings;
    private readonly IActorRef _handler;
    private readonly ILoggingAdapter _log = Context.GetLogger();
    private readonly ClientOutput _output;
    private readonly ClientSession _session;
    private readonly Backoff _backoff;
    private readonly ServerList _servers;
    private readonly HandlerLag _lag;
    private readonly List<IActorRef> _stoppers = [];
    private ClientAttempt? _attempt;
    private MqttClient.Cause? _lastCause;
    private MqttClient.Disconnect? _stopping;
    private string _clientId;
    private bool _wasAccepted;
    private bool _isComplete;

    public ClientActor(MqttClientSettings settings, IActorRef handler, Func<double> random)
    {
        _settings = settings;
        _handler = handler;
        _clientId = settings.ClientId.Length == 0 && settings.Version != MqttVersion.V5 ? $"akka-{Guid.NewGuid().ToString("N")[..18]}" : settings.ClientId;
        _output = new ClientOutput(Self, handler);
        _session = new ClientSession(settings, _output);
        _backoff = new Backoff(settings, random);
        _servers = new ServerList(settings.Servers);
        _lag = new HandlerLag(settings.MaxUnhandledBytes);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    private static long Now => Context.System.Scheduler.Now.ToUnixTimeMilliseconds();

    private static TimeSpan Clock => Context.System.Scheduler.MonotonicClock;

    protected override void PreStart()
    {
        Context.Watch(_handler);
        _output.Tell(new MqttClient.Demand(_settings.MaxCommands));
        if (_settings.CommandTimeout is { } timeout) // one timer, not one for each command
            Timers.StartPeriodicTimer(LateTimer, EndLate.Instance, TimeSpan.FromTicks(Math.Max(timeout.Ticks / 8, TimeSpan.TicksPerMillisecond)));
        Begin();
    }

    protected override void PostStop()
    {
        _attempt?.Abort();
        CompleteAll(new MqttClient.Cause(MqttClientCause.Stopped, "The client has stopped."));
    }

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case MqttClient.Command command:
                Take(command);
                break;
            case Mqtt.Received received when IsCurrent():
                Receive(received.Packets);
                break;
            case ClientOutput.Written written:
                if (_output.TryEndWrite(written))
                    Settle();
                break;
            case MqttClient.Acknowledge acknowledge:
                _session.Acknowledge(acknowledge.First, acknowledge.Count, acknowledge.ReasonCode);
                _session.SendAcknowledgements();
                _output.Flush();
                UpdateReading();
                break;
            case ActorIdentity { MessageId: long mark } when Sender.Equals(_handler):
                _lag.Handled(mark, _handler, Self);
                UpdateReading();
                break;
            case MqttClient.Disconnect disconnect:
                Stop(disconnect);
                break;
            case Terminated: // the handler
                Stop(new MqttClient.Disconnect { Wait = TimeSpan.Zero });
                break;
            case BeginNext:
                Begin();
                break;
            case EndLate:
                _session.EndLate(
                    Now - (long)_settings.CommandTimeout!.Value.TotalMilliseconds,
                    new MqttClient.Cause(MqttClientCause.CommandTimedOut, $"It was not sent within command-timeout = {_settings.CommandTimeout:c}."));
                Settle();
                break;
            case StopNow:
                EndOpen();
                break;
            default:
                if (!IsAttempts(message))
                    Unhandled(message);
                break;
        }
    }

    /// <summary>Messages of the current attempt; those of earlier ones are ignored.</summary>
    private bool IsAttempts(object message)
    {
        switch (message)
        {
            case ClientAttempt.Options options:
                if (ReferenceEquals(options.Attempt, _attempt))
                    options.Attempt.Dial(options.Settings, options.Failure);
                return true;
            case ClientAttempt.AuthData data:
                if (ReferenceEquals(data.Attempt, _attempt))
                    data.Attempt.Answer(data.Data, data.Failure);
                return true;
            case ClientAttempt.NoAnswer silence:
                if (ReferenceEquals(silence.Attempt, _attempt))
                    silence.Attempt.TimeOut();
                return true;
            case ClientAttempt.KeepAliveTick tick:
                if (ReferenceEquals(tick.Attempt, _attempt))
                    tick.Attempt.Tick(_output);
                return true;
            case Mqtt.Connected connected:
                if (_attempt is { IsDialling: true } attempt)
                    attempt.Open(connected.Connection, ConnectPacket.Of(attempt.Settings, _clientId, _wasAccepted));
                else
                    connected.Connection.Tell(Mqtt.Abort.Instance);
                return true;
            case Mqtt.CommandFailed { Reason: CommandFailure.ConnectionClosed, Command: not (Mqtt.Connect or Mqtt.Register) }:
                return true; // ConnectionClosed follows, and says why
            case Mqtt.CommandFailed failed:
                if (failed.Command is Mqtt.Connect ? _attempt is { IsDialling: true } : IsCurrent())
                    Fail(new MqttClient.Cause(failed.Command is Mqtt.Connect ? MqttClientCause.DialFailed
                        : failed.Reason == CommandFailure.ConnectionClosed ? MqttClientCause.ConnectionLost : MqttClientCause.ProtocolError, failed.Message)
                    {
                        Exception = failed.Cause,
                    });
                return true;
            case Mqtt.ConnectionClosed closed:
                if (IsCurrent())
                    Fail(CauseOf(closed));
                return true;
            case ClientAttempt.Failed failure:
                if (ReferenceEquals(failure.Attempt, _attempt))
                    Fail(failure.Cause);
                return true;
            default:
                return false;
        }
    }

    private static MqttClient.Cause CauseOf(Mqtt.ConnectionClosed closed) => closed is Mqtt.ErrorClosed error
        ? new MqttClient.Cause(
            error.Reason is CloseReason.MalformedPacket or CloseReason.ProtocolError or CloseReason.PacketTooLarge or CloseReason.QuotaExceeded
                ? MqttClientCause.ProtocolError
                : MqttClientCause.ConnectionLost,
            error.Message)
        : new MqttClient.Cause(MqttClientCause.ConnectionLost, "The server closed the connection.");

    private bool IsCurrent() => _attempt?.Connection is { } connection && connection.Equals(Sender);

    private void Begin()
    {
        _backoff.Begin();
        _output.Tell(new MqttClient.Connecting(_servers.Current, _backoff.Attempt));
        _attempt = new ClientAttempt(_settings, _servers.Current, Self, Context.System, Timers);
        _attempt.Begin(_backoff.Attempt, _lastCause);
    }

    private void Take(MqttClient.Command command)
    {
        if (_stopping is not null || _isComplete)
        {
            Sender.Tell(new MqttClient.Refused(command.Correlation, MqttClientRefusal.Stopping, "The client is about to stop."));
            return;
        }
        if (_output.Commands >= _settings.MaxCommands)
        {
            Sender.Tell(new MqttClient.Refused(
                command.Correlation, MqttClientRefusal.NoCredit, $"max-commands = {_settings.MaxCommands} are under way already."));
            return;
        }
        _output.Begin();
        _session.Take(new Pending(command, Sender), Now);
        _output.Flush();
    }

    private void Receive(MqttList<MqttPacket> packets)
    {
        _attempt!.Heard();
        foreach (var packet in packets)
        {
            var wrong = _attempt.IsAccepted && packet is not (PingResp or Auth or Disconnect) ? _session.Receive(packet) : null;
            if (wrong is var (code, text))
            {
                _output.TellMessages();
                _attempt.Close(code);
                Fail(new MqttClient.Cause(MqttClientCause.ProtocolError, $"The server sent {text}."));
                return;
            }
            if (packet is ConnAck answer)
                Accept(answer);
            else if (packet is Auth auth)
                _attempt.Authenticate(auth);
            else if (packet is Disconnect goodbye)
                EndByServer(goodbye);
            if (_attempt is null)
                return;
        }
        var bytes = _output.TellMessages();
        if (bytes > 0)
            _lag.Delivered(bytes, _handler, Self);
        _session.SendAcknowledgements();
        Settle();
        UpdateReading();
    }

    private void Accept(ConnAck answer)
    {
        if (answer.ReasonCode.IsFailure())
        {
            Fail(
                new MqttClient.Cause(MqttClientCause.Refused, $"The server refused the connection: {Explain(answer.ReasonCode, answer.Properties?.ReasonString)}.")
                {
                    ReasonCode = answer.ReasonCode,
                },
                answer.Properties?.ServerReference);
            return;
        }
        if (answer.Properties?.AssignedClientIdentifier is { } assigned)
            _clientId = assigned; // [MQTT-3.2.2-16 v5]
        _wasAccepted = true;
        _servers.Accepted();
        _backoff.Connected(Clock);
        _attempt!.Accept(answer);
        _output.BeginConnection(_attempt.Connection!);
        _output.Tell(new MqttClient.Connected(answer, _clientId));
        _session.BeginConnection(answer, Now);
        if (_stopping is not null)
            EndOpen();
    }

    private void EndByServer(Disconnect goodbye) => Fail(
        new MqttClient.Cause(
            MqttClientCause.ServerDisconnected, $"The server disconnected: {Explain(goodbye.ReasonCode, goodbye.Properties?.ReasonString)}.")
        {
            ReasonCode = goodbye.ReasonCode,
        },
        goodbye.Properties?.ServerReference);

    private static string Explain(ReasonCode code, string? reason) => reason is null ? code.ToString() : $"{code}, {LogText.Escape(reason)}";

    /// <summary>The attempt or the connection has ended.</summary>
    private void Fail(MqttClient.Cause cause, string? reference = null)
    {
        var attempt = _attempt!;
        _attempt = null;
        attempt.End();
        _output.TellMessages();
        if (attempt.IsAccepted)
        {
            _session.EndConnection();
            _output.EndConnection(cause);
        }
        _servers.Ended(reference, attempt.IsAccepted);
        _lastCause = cause;
        if (_stopping is not null)
        {
            Finish(new MqttClient.Cause(MqttClientCause.Stopped, "The client has stopped."));
            return;
        }
        if (_backoff.Ended(cause, Clock) is not { } wait)
        {
            _log.Error("MQTT client {0} gives up: {1}", LogText.Escape(_clientId), cause.Message);
            _output.Tell(new MqttClient.GaveUp(cause));
            Finish(cause);
            return;
        }
        _log.Warning("MQTT client {0}, server {1}: {2} Next attempt in {3:0.0} s.", LogText.Escape(_clientId), attempt.Server, cause.Message, wait.TotalSeconds);
        _output.Tell(new MqttClient.Disconnected(cause, wait));
        Timers.StartSingleTimer(WaitTimer, BeginNext.Instance, wait);
    }

    /// <summary>The connection takes more, or commands have ended.</summary>
    private void Settle()
    {
        if (_attempt is not { IsAccepted: true })
            return;
        _session.Pump(Now);
        if (_output.IsOverrun)
        {
            _attempt.Abort();
            Fail(new MqttClient.Cause(MqttClientCause.ProtocolError, "The server sends and does not read."));
            return;
        }
        _output.Flush();
        if (_stopping is not null && _output.Commands == 0)
            EndOpen();
    }

    /// <summary>Stops reading while the handler is behind, or, before 5.0, has not acknowledged as much as it may.</summary>
    private void UpdateReading() => _attempt?.SetReading(
        !_lag.IsBehind && (_settings.Version == MqttVersion.V5 || _session.UnacknowledgedCount < _settings.ReceiveMaximum));

    private void Stop(MqttClient.Disconnect disconnect)
    {
        if (!Sender.IsNobody() && !_stoppers.Contains(Sender) && !Sender.Equals(_handler))
            _stoppers.Add(Sender);
        if (_stopping is not null)
            return;
        _stopping = disconnect;
        if (_attempt is not { IsAccepted: true })
        {
            _attempt?.Abort();
            Finish(new MqttClient.Cause(MqttClientCause.Stopped, "The client stopped while it had no connection."));
        }
        else if (_output.Commands == 0 || disconnect.Wait <= TimeSpan.Zero)
        {
            EndOpen();
        }
        else
        {
            Timers.StartSingleTimer(StopTimer, StopNow.Instance, disconnect.Wait);
        }
    }

    /// <summary>Sends DISCONNECT. The client stops when the connection has ended, which close-timeout bounds.</summary>
    private void EndOpen()
    {
        if (_attempt is { IsAccepted: true } attempt && _stopping is not null)
            attempt.Close(_stopping.ReasonCode);
    }

    private void Finish(MqttClient.Cause cause)
    {
        CompleteAll(cause);
        Context.Stop(Self);
    }

    private void CompleteAll(MqttClient.Cause cause)
    {
        if (_isComplete)
            return;
        _isComplete = true;
        _output.EndConnection(cause);
        _session.Stop(cause);
        _output.Tell(MqttClient.Stopped.Instance);
        foreach (var stopper in _stoppers)
            stopper.Tell(MqttClient.Stopped.Instance, Self);
    }

    private sealed class BeginNext : INoSerializationVerificationNeeded
    {
        public static BeginNext Instance { get; } = new();
    }

    private sealed class EndLate : INoSerializationVerificationNeeded
    {
        public static EndLate Instance { get; } = new();
    }

    private sealed class StopNow : INoSerializationVerificationNeeded
    {
        public static StopNow Instance { get; } = new();
    }
}
