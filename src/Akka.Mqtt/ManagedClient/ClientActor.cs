using Akka.Actor;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.ManagedClient;

/// <summary>
/// The client: keeps a <see cref="ClientSession"/> and makes one connection after another for it. Each attempt starts with a new <see cref="ClientAttempt"/>.
/// </summary>
internal sealed class ClientActor : UntypedActor, IWithTimers
{
    private readonly MqttClientSettings _settings;
    private readonly IActorRef _handler;
    private readonly FailureLog _failures = new(Context);
    private readonly ClientOutput _output;
    private readonly CommandIntake _intake;
    private readonly Backoff _backoff;
    private readonly ServerList _servers;
    private readonly HandlerLag _lag;
    private List<IActorRef>? _stoppers; // made by the first
    private ClientSession _session;
    private QueueOpening? _opening;
    private QueueWriter? _queue;
    private ClientAttempt? _attempt;
    private MqttClient.Cause? _lastCause;
    private MqttClient.Disconnect? _stopping;
    private string _clientId;
    private bool _wasAccepted;
    private MqttClient.Cause? _end; // set while the queue is being closed: why the client stops
    private bool _isComplete;

    public ClientActor(MqttClientSettings settings, IActorRef handler, Func<double> random)
    {
        _settings = settings;
        _handler = handler;
        _clientId = settings.ClientId.Length == 0 && settings.Version != MqttVersion.V5 ? $"akka-{Guid.NewGuid().ToString("N")[..18]}" : settings.ClientId;
        _output = new ClientOutput(Self, handler, settings.OnSending);
        _session = new ClientSession(settings, _output);
        _intake = new CommandIntake(settings, _output, _session);
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
        if (_settings.Queue is null)
        {
            Begin();
            return;
        }
        _opening = new QueueOpening(_settings.Queue, Self);
    }

    protected override void PostStop()
    {
        _opening?.Abandon();
        _attempt?.Abort();
        _queue?.Close();
        CompleteAll(new MqttClient.Cause(MqttClientCause.Stopped, "The client has stopped."), isWritten: false);
    }

    protected override void OnReceive(object message)
    {
        if (_end is not null && message is not (MqttClient.Command or MqttClient.Disconnect or QueueWriter.Closed))
            return;
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
                _output.FlushLater();
                break;
            case ClientTick tick when ReferenceEquals(tick, ClientTick.Flush):
                Flush();
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
            case QueueOpening.Opened opened:
                Open(opened);
                break;
            case QueueWriter.Committed committed:
                _queue!.End(committed, _output, _failures, _clientId);
                Settle();
                break;
            case QueueWriter.Retry:
                _queue!.CommitAgain();
                break;
            case QueueWriter.Closed closed:
                CompleteAll(_end!, isWritten: closed.Failure is null);
                Context.Stop(Self);
                break;
            case ClientTick tick when ReferenceEquals(tick, ClientTick.Next):
                Begin();
                break;
            case ClientTick tick when ReferenceEquals(tick, ClientTick.Late):
                _session.EndLate(
                    Now - (long)_settings.CommandTimeout!.Value.TotalMilliseconds,
                    new MqttClient.Cause(MqttClientCause.CommandTimedOut, $"It was not sent within command-timeout = {_settings.CommandTimeout:c}."));
                Settle();
                if (_output.Commands == 0)
                    Timers.Cancel(ClientTick.Late);
                break;
            case RequestTable.Due:
                _output.Requests?.EndDue(Clock);
                Settle();
                break;
            case MqttClient.CancelRequest cancel:
                _output.Requests?.Cancel(cancel.Correlation);
                Settle();
                break;
            case ClientTick:
                EndOpen();
                break;
            default:
                if (!IsAttempts(message))
                    Unhandled(message);
                break;
        }
        if (_queue is not null && _end is null)
            _output.Flush(); // any message may have changed the session, even without a connection
    }

    /// <summary>Messages of the current attempt; those of earlier ones are ignored.</summary>
    private bool IsAttempts(object message)
    {
        switch (message)
        {
            case ClientAttempt.Message own:
                if (!ReferenceEquals(own.Attempt, _attempt))
                    return true;
                if (own is ClientAttempt.Failed failure)
                    Fail(failure.Cause);
                else
                    own.Attempt.Handle(own, _output);
                return true;
            case Mqtt.Connected connected:
                if (_attempt is { IsDialling: true } attempt)
                    attempt.Open(connected.Connection, ConnectPacket.Of(attempt.Settings, _clientId, _wasAccepted));
                else
                    connected.Connection.Tell(Mqtt.Abort.Instance);
                return true;
            case Mqtt.CommandFailed { Reason: CommandFailure.ConnectionClosed, Command: not (Mqtt.Connect or Mqtt.Register) }:
                return true; // ConnectionClosed follows, with the cause
            case Mqtt.CommandFailed failed:
                if (failed.Command is Mqtt.Connect ? _attempt is { IsDialling: true } : IsCurrent())
                    Fail(ClientCauses.Of(failed));
                return true;
            case Mqtt.ConnectionClosed or Mqtt.Closing:
                if (IsCurrent())
                    Fail(ClientCauses.Of((message as Mqtt.Closing)?.Closed ?? (Mqtt.ConnectionClosed)message));
                return true;
            default:
                return false;
        }
    }

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
        if (_stopping is not null || _end is not null || _isComplete)
        {
            Sender.Tell(new MqttClient.Refused(command.Correlation, MqttClientRefusal.Stopping, "The client is about to stop."));
            return;
        }
        if (_intake.TryTake(new Pending(command, Sender), Timers, Clock, Now))
            _output.FlushLater();
    }

    private void Flush()
    {
        _output.FlushIsDue = false;
        _session.SendAcknowledgements();
        _output.Flush();
        UpdateReading();
    }

    private void Receive(MqttList<MqttPacket> packets)
    {
        _attempt!.Heard();
        foreach (var packet in packets)
        {
            PacketTrace.Show(_settings.OnReceiving, packet);
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
                Fail(ClientCauses.Of(goodbye), goodbye.Properties?.ServerReference);
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
            Fail(ClientCauses.Of(answer), answer.Properties?.ServerReference);
            return;
        }
        if (answer.Properties?.AssignedClientIdentifier is { } assigned)
            _clientId = assigned; // [MQTT-3.2.2-16 v5]
        _wasAccepted = true;
        _servers.Accepted();
        _backoff.Connected(Clock);
        _failures.Connected(_clientId, _attempt!.Server, Clock);
        _attempt.Accept(answer);
        _output.BeginConnection(_attempt.Connection!);
        _output.Tell(new MqttClient.Connected(answer, _clientId));
        _intake.BeginConnection(answer.SessionPresent, Timers);
        _session.BeginConnection(answer, _clientId, Now);
        if (_stopping is not null)
            EndOpen();
    }

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
        _servers.Ended(reference, attempt.IsAccepted && cause.ReasonCode != ReasonCode.UseAnotherServer); // the node stops, and another one has the session
        _lastCause = cause;
        if (_stopping is not null)
        {
            Finish(new MqttClient.Cause(MqttClientCause.Stopped, "The client has stopped."));
            return;
        }
        if (_backoff.Ended(cause, Clock) is not { } wait)
        {
            GiveUp(cause);
            return;
        }
        _failures.Failed(_clientId, attempt.Server, cause, wait, Clock);
        Timers.StartSingleTimer(ClientTick.Next, ClientTick.Next, wait);
        _output.Tell(new MqttClient.Disconnected(cause, wait));
    }

    /// <summary>The connection accepts more, or commands have ended.</summary>
    private void Settle()
    {
        if (_attempt is not { IsAccepted: true })
            return;
        _output.Requests?.PublishReady(Now);
        _session.Pump(Now);
        if (_output.IsOverrun)
        {
            _attempt.Abort();
            Fail(new MqttClient.Cause(MqttClientCause.ProtocolError, "The server sends, but does not read."));
            return;
        }
        _output.Flush();
        if (_stopping is not null && _output.Commands == 0)
            EndOpen();
    }

    /// <summary>Stops reading while the handler is behind or, before 5.0, while the limit of unacknowledged messages is reached.</summary>
    private void UpdateReading() => _attempt?.SetReading(
        !_lag.IsBehind && (_settings.Version == MqttVersion.V5 || _session.UnacknowledgedCount < _settings.ReceiveMaximum));

    private void Stop(MqttClient.Disconnect disconnect)
    {
        if (!Sender.IsNobody() && _stoppers?.Contains(Sender) != true && !Sender.Equals(_handler))
            (_stoppers ??= []).Add(Sender);
        if (_stopping is not null)
            return;
        Flush();
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
            Timers.StartSingleTimer(ClientTick.Stop, ClientTick.Stop, disconnect.Wait);
        }
    }

    /// <summary>Sends DISCONNECT. The client stops when the connection has ended, at the latest after close-timeout.</summary>
    private void EndOpen()
    {
        if (_attempt is { IsAccepted: true } attempt && _stopping is not null)
            attempt.Close(_stopping.ReasonCode, _stopping.Properties);
    }

    private void Open(QueueOpening.Opened opened)
    {
        _opening = null;
        if (opened.Queue is null)
        {
            GiveUp(ClientCauses.OfQueue(opened.Failure!));
            return;
        }
        _queue = new QueueWriter(opened.Queue, Self, Timers);
        _output.Use(_queue);
        _session = new ClientSession(_settings, _output, _queue.Journal);
        if (opened.Queue.State.ClientId is { } known && (_settings.ClientId.Length == 0 || _settings.ClientId == known))
            (_clientId, _wasAccepted) = (known, true); // this client continues the session of an earlier process
        _intake.Open(_session, Now);
        Begin();
    }

    private void GiveUp(MqttClient.Cause cause)
    {
        _failures.GaveUp(_clientId, cause);
        _output.Tell(new MqttClient.GaveUp(cause));
        Finish(cause);
    }

    /// <summary>Completes all commands and stops; with a queue, after it has been closed, so that the next client can open it.</summary>
    private void Finish(MqttClient.Cause cause)
    {
        if (_queue is null)
        {
            CompleteAll(cause, isWritten: false);
            Context.Stop(Self);
            return;
        }
        _output.EndConnection(cause);
        _end = cause;
        _queue.Close();
    }

    private void CompleteAll(MqttClient.Cause cause, bool isWritten)
    {
        if (_isComplete)
            return;
        _isComplete = true;
        _output.EndConnection(cause);
        _output.EndQueue(isWritten);
        _intake.Stop(cause);
        _session.Stop(cause, isWritten);
        _output.Requests?.Stop(cause);
        _output.Tell(MqttClient.Stopped.Instance);
        foreach (var stopper in _stoppers ?? [])
            stopper.Tell(MqttClient.Stopped.Instance, Self);
    }
}
