using System.Runtime.InteropServices;
using Akka.Actor;
using Akka.Mqtt.Cli.Clients.Arguments;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Cli.Clients;

/// <summary>
/// A client of one command: dials, sends CONNECT and PINGREQ, reconnects when the connection is lost and the command continues, and ends the run. The
/// subclass handles messages.
/// </summary>
internal abstract class ClientActor(ClientRun run, Mqtt.Connect dial, Connect hello) : UntypedActor, IWithTimers
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LastDelay = TimeSpan.FromSeconds(30);

    private State _state = State.Dialling;
    private bool _wasAccepted;
    private bool _awaitsPingResp;
    private int _exitCode;
    private TimeSpan _acceptedAt;
    private TimeSpan _delay = FirstDelay; // until the next attempt; starts again after a connection that lasted
    private ReasonCode? _goodbye; // of a DISCONNECT of the server

    private enum State
    {
        Dialling,
        Connecting, // CONNECT is sent
        Open,
        Leaving,
        Waiting, // until it dials again
    }

    public ITimerScheduler Timers { get; set; } = null!;

    protected ClientRun Run { get; } = run;

    protected IActorRef Connection { get; private set; } = ActorRefs.Nobody;

    protected bool IsV5 => hello.Version == MqttVersion.V5;

    protected bool IsOpen => _state == State.Open;

    protected bool IsLeaving => _state == State.Leaving;

    /// <summary>Whether the client reconnects when the connection is lost.</summary>
    protected abstract bool Reconnects { get; }

    protected override void PreStart() => Dial();

    protected sealed override void OnReceive(object message)
    {
        switch (message)
        {
            case Mqtt.Received batch when Sender.Equals(Connection):
                OnReceived(batch.Packets.Span);
                break;
            case Mqtt.Connected when _state == State.Dialling:
                OnConnected();
                break;
            case Mqtt.ConnectionClosed closed when Sender.Equals(Connection):
                OnClosed(closed);
                break;
            case Mqtt.CommandFailed { Command: Mqtt.Connect } failed:
                OnLost($"cannot connect: {failed.Message}", ExitCodes.Failed);
                break;
            case Mqtt.CommandFailed { Reason: Akka.Mqtt.CommandFailure.ConnectionClosed } when _wasAccepted && Reconnects:
                break; // the end of the connection follows; unacknowledged messages are sent again
            case Mqtt.CommandFailed failed when !IsLeaving:
                Fail(ExitCodes.Failed, $"cannot send: {failed.Message}");
                break;
            case Stop stop:
                Leave(stop.ExitCode, ReasonCode.DisconnectWithWillMessage);
                break;
            case Timer.Dial:
                _state = State.Dialling;
                Dial();
                break;
            case Timer.Ping:
                Ping();
                break;
            case Timer.Timeout:
                Run.Error("timed out: the time of -W is over.");
                Leave(ExitCodes.TimedOut, ReasonCode.DisconnectWithWillMessage);
                break;
            default:
                OnMessage(message);
                break;
        }
    }

    /// <summary>The server has accepted the client.</summary>
    protected abstract void OnAccepted(ConnAck accepted);

    /// <summary>Packets that arrived together, after CONNACK. The subclass passes packets that it does not handle to <see cref="OnOther"/>.</summary>
    protected abstract void OnPackets(ReadOnlySpan<MqttPacket> packets);

    /// <summary>Any other message to the actor.</summary>
    protected virtual void OnMessage(object message)
    {
    }

    /// <summary>The connection has ended; another one may follow.</summary>
    protected virtual void OnConnectionLost()
    {
    }

    /// <summary>Handles packets that are not messages, in the same way for every client.</summary>
    protected void OnOther(MqttPacket packet)
    {
        switch (packet)
        {
            case ConnAck { ReasonCode: ReasonCode.Success } accepted:
                _state = State.Open;
                _wasAccepted = true;
                _acceptedAt = Context.System.Scheduler.MonotonicClock;
                OnAccepted(accepted);
                break;
            case ConnAck refused:
                OnRefused(refused);
                break;
            case PingResp:
                _awaitsPingResp = false;
                break;
            case Disconnect goodbye:
                _goodbye = goodbye.ReasonCode;
                Connection.Tell(Mqtt.Close.Instance); // 5.0 section 3.14.4: the receiver of DISCONNECT closes too
                break;
        }
    }

    /// <summary>Sends packets with one write.</summary>
    protected void Send(ReadOnlySpan<MqttPacket> packets, object? ack = null)
    {
        foreach (var packet in Run.Options.Debug ? packets : [])
            Run.Debug("sending", packet);
        if (packets.Length == 1 && ack is null)
            Connection.Tell(packets[0]);
        else
            Connection.Tell(new Mqtt.WriteBatch(MqttList.Create(packets), ack));
    }

    /// <summary>Sends the packets of a list, and empties it.</summary>
    protected void Send(List<MqttPacket> packets)
    {
        if (packets.Count > 0)
            Send(CollectionsMarshal.AsSpan(packets));
        packets.Clear();
    }

    /// <summary>Sends DISCONNECT, closes and ends the run.</summary>
    protected void Leave(int exitCode, ReasonCode reason = ReasonCodes.NormalDisconnection)
    {
        if (IsLeaving)
            return;
        _exitCode = exitCode;
        switch (_state)
        {
            case State.Open:
                MqttPacket goodbye = IsV5 ? new Disconnect(reason) { Properties = Run.Options.DisconnectProperties } : new Disconnect();
                Send([goodbye]);
                Connection.Tell(Mqtt.Close.Instance);
                break;
            case State.Connecting:
                Connection.Tell(Mqtt.Abort.Instance);
                break;
            default:
                End();
                break;
        }
        _state = State.Leaving;
    }

    /// <summary>Ends the run with an error.</summary>
    protected void Fail(int exitCode, string message)
    {
        if (IsLeaving)
            return;
        Run.Error(message);
        Leave(exitCode);
    }

    /// <summary>A reason code in words: not authorized.</summary>
    protected static string Words(ReasonCode code) => Refusal.Words(code);

    private void Dial() => Context.System.Mqtt().Tell(dial, Self);

    private void OnConnected()
    {
        if (!_wasAccepted && Run.Options.Timeout is { } timeout)
            Timers.StartSingleTimer(Timer.Timeout, Timer.Timeout, timeout);
        Connection = Sender;
        _goodbye = null;
        _awaitsPingResp = false;
        _state = State.Connecting;
        Connection.Tell(new Mqtt.Register(Self) { Delivery = MqttDelivery.Batches });
        Send([hello]);
        // Also limits the wait for CONNACK.
        Timers.StartPeriodicTimer(Timer.Ping, Timer.Ping, TimeSpan.FromSeconds(hello.KeepAlive));
    }

    private void OnReceived(ReadOnlySpan<MqttPacket> packets)
    {
        foreach (var packet in Run.Options.Debug ? packets : [])
            Run.Debug("received", packet);
        if (_state == State.Connecting)
        {
            OnOther(packets[0]); // [MQTT-3.2.0-1 v5] the connection lets nothing but CONNACK through
            packets = packets[1..];
        }
        if (packets.Length > 0 && !IsLeaving)
            OnPackets(packets);
    }

    private void OnRefused(ConnAck refused)
    {
        if (_wasAccepted && refused.ReasonCode is ReasonCode.ServerUnavailable or ReasonCode.ServerBusy)
            return; // the server closes, and the client tries again
        var reason = refused.Properties?.ReasonString is { } text ? $" The server says: {LogText.Escape(text)}" : "";
        Fail(Refusal.ExitCode(refused.ReasonCode, hello.Version), $"{Refusal.Describe(refused.ReasonCode, hello.Version)}{reason}");
    }

    private void Ping()
    {
        if (_state == State.Open && !_awaitsPingResp)
        {
            _awaitsPingResp = true;
            Send([new PingReq()]);
        }
        else if (_state is State.Open or State.Connecting)
        {
            Connection.Tell(Mqtt.Abort.Instance);
        }
    }

    private void OnClosed(Mqtt.ConnectionClosed closed)
    {
        if (IsLeaving)
        {
            End();
            return;
        }
        Connection = ActorRefs.Nobody;
        Timers.Cancel(Timer.Ping);
        if (_goodbye is { } reason)
        {
            var message = $"the server ended the connection: {Words(reason)} ({(byte)reason}).";
            // Reconnecting would take the session from the client that took it over; or the server has refused further attempts.
            if (reason is ReasonCode.SessionTakenOver or ReasonCode.AdministrativeAction or ReasonCode.NotAuthorized or ReasonCode.ServerMoved)
                FailWithoutConnection((int)reason, message);
            else
                OnLost(message, ExitCodes.ConnectionLost);
            return;
        }
        var lost = closed switch
        {
            Mqtt.ErrorClosed error => $"the connection was lost: {error.Message}",
            Mqtt.Aborted => $"the server has not answered for {hello.KeepAlive} s.", // only Ping aborts a connection unexpectedly
            _ => "the server closed the connection.",
        };
        OnLost(lost, ExitCodes.ConnectionLost);
    }

    private void OnLost(string message, int exitCode)
    {
        if (IsLeaving)
        {
            End();
            return;
        }
        OnConnectionLost();
        if (!_wasAccepted || !Reconnects)
        {
            FailWithoutConnection(exitCode, message);
            return;
        }
        if (_state == State.Open && Context.System.Scheduler.MonotonicClock - _acceptedAt > LastDelay)
            _delay = FirstDelay;
        _state = State.Waiting;
        Run.Error($"{message.TrimEnd('.')}. Connecting again in {_delay.TotalSeconds:0} s.");
        Timers.StartSingleTimer(Timer.Dial, Timer.Dial, _delay);
        _delay = _delay * 2 < LastDelay ? _delay * 2 : LastDelay;
    }

    private void FailWithoutConnection(int exitCode, string message)
    {
        _state = State.Waiting;
        Fail(exitCode, message);
    }

    private void End()
    {
        Run.End(_exitCode);
        Context.Stop(Self);
    }

    /// <summary>A request from outside to end.</summary>
    /// <param name="ExitCode">The exit code.</param>
    public sealed record Stop(int ExitCode);

    private enum Timer
    {
        Dial,
        Ping,
        Timeout,
    }
}
