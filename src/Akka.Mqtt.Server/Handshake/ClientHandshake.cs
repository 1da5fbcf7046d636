using Akka.Actor;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Limits;
using Akka.Mqtt.Server.Security;
using Akka.Mqtt.Server.Sessions;
using Akka.Mqtt.Server.Shared;
using Akka.Mqtt.Server.Telemetry;

namespace Akka.Mqtt.Server.Handshake;

/// <summary>
/// Handles one new connection until its client is accepted: CONNECT, interception, authentication, AUTH. When the client is accepted, the handshake hands the
/// connection over to the session. When it refuses the client, it ends with the connection. It requests one packet at a time, so packets behind CONNECT wait
/// in the connection and reach the session in order. The user's code runs on the thread pool. Owned by <see cref="Handshakes"/>.
/// </summary>
internal sealed class ClientHandshake
{
    private readonly Handshakes _all;
    private readonly ServerContext _context;
    private readonly IActorRef _connection;
    private readonly TransportInfo _transport;
    private readonly ListenerProfile _listener;
    private readonly ConnectionPermit _permit;
    private Stage _stage = Stage.WaitingForConnect;
    private Connect _connect = null!; // after interception: as the interceptor returned it
    private string _clientId = "";
    private SecurityRules _rules = null!;
    private AuthenticationExchange? _exchange;
    private MqttBinary? _lastData; // Authentication Data for CONNACK
    private SessionKey _key;
    private CancellationTokenSource? _cancellation; // of the user's code
    private ICancelable? _timer;
    private bool _inboundClosed;
    private bool _asksForSession; // if the connection ends before the session has it, the handshake must report that
    private int _checks; // how many checks have found it waiting for its session

    public ClientHandshake(Handshakes all, ListenerProfile listener, Mqtt.Connected connected, ConnectionPermit permit)
    {
        (_all, _context, _listener, _permit) = (all, all.Context, listener, permit);
        (_connection, _transport) = (connected.Connection, connected.Transport);
    }

    private static readonly Mqtt.Request OnePacket = new(1);

    private enum Stage
    {
        WaitingForConnect, Intercepting, Authenticating, WaitingForAuth, Opening, HandedOver, Closing,
    }

    /// <summary>The connection.</summary>
    public IActorRef Connection => _connection;

    private string? Method => _connect.Properties?.AuthenticationMethod;

    /// <summary>Starts the handshake of a new connection.</summary>
    public void Begin()
    {
        _permit.Pending(_all.Host, _connection);
        Tell(_all.Registration);
        Tell(OnePacket);
    }

    /// <summary>Ends the handshake; it handles the connection no more. Called once, as the last call.</summary>
    public void End()
    {
        Cancel();
        if (_stage == Stage.HandedOver)
            return;
        _permit.Dispose();
        _context.Stats.Traffic.Add(TrafficCounts.OfRefused(_transport.Bytes, _connect is null ? 0 : 1));
    }

    /// <summary>Handles a message for this connection.</summary>
    /// <param name="message">A message from the connection, the registry, a session, or user code that has completed.</param>
    /// <returns>Whether the message is of a type that a handshake handles.</returns>
    public bool Receive(object message)
    {
        switch (message)
        {
            case MqttPacket packet:
                Receive(packet);
                break;
            case Intercepted intercepted when _stage == Stage.Intercepting:
                Continue(intercepted.Decision);
                break;
            case Authenticated authenticated when _stage == Stage.Authenticating:
                Complete(authenticated.Result);
                break;
            case Stepped stepped when _stage == Stage.Authenticating:
                Continue(stepped.Step);
                break;
            case UserCodeFailed failed when _stage is Stage.Intercepting or Stage.Authenticating:
                Refuse(ReasonCode.ServerUnavailable, "an authenticator or interceptor failed", failed.Cause);
                break;
            case TimedOut:
                Refuse(ReasonCode.NotAuthorized, "authentication took longer than authentication-timeout");
                break;
            case SessionOpened when _asksForSession: // also when the client has just been refused: the session now learns that the connection ends
                _stage = Stage.HandedOver;
                _all.Remove(this);
                break;
            case SessionRefused refused when _asksForSession:
                _asksForSession = false;
                Refuse(refused.Reason, refused.Detail);
                break;
            case ConnectionPermit.Displaced when _stage == Stage.WaitingForConnect:
                End(ReasonCode.QuotaExceeded, "it had sent no CONNECT when another connection needed its place", Mqtt.Abort.Instance);
                break;
            case Drain:
                Refuse(ReasonCode.ServerUnavailable);
                break;
            case Mqtt.InboundClosed closed:
                _inboundClosed = !closed.PacketsWait;
                CloseIfNothingCanCome();
                break;
            case Mqtt.Closing closing:
                CountFailure(closing.Closed);
                break;
            case Mqtt.ConnectionClosed closed:
                CountFailure(closed);
                if (_asksForSession)
                    _all.Registry.Tell(new ConnectionLost(_key, _connection, closed));
                _stage = Stage.Closing;
                _all.Remove(this);
                break;
            case Mqtt.CommandFailed { Command: Auth } failed when _stage == Stage.WaitingForAuth:
                Refuse(ReasonCode.UnspecifiedError, failed.Message); // larger than the client accepts [MQTT-3.1.2-24 v5]
                break;
            case Mqtt.CommandFailed or IForHandshake or ConnectionPermit.Displaced:
                break; // too late
            default:
                return false;
        }
        return true;
    }

    /// <summary>Counts one check of a client that waits for its session. Refuses the client after too many checks.</summary>
    /// <param name="most">How many checks it may wait.</param>
    /// <returns>Whether it still waits.</returns>
    public bool WaitsForSession(int most)
    {
        if (_stage != Stage.Opening)
            return false;
        if (++_checks <= most)
            return true;
        Refuse(ReasonCode.ServerUnavailable, "its session could not be opened in time: a storage or another node does not answer");
        return false;
    }

    private void Tell(object message) => _connection.Tell(message, _all.Host);

    private void Receive(MqttPacket packet)
    {
        switch (_stage)
        {
            case Stage.WaitingForConnect when packet is Connect connect: // the connection rejects any other first packet [MQTT-3.1.0-1]
                Receive(connect);
                break;
            case Stage.WaitingForAuth when packet is Disconnect:
                _stage = Stage.Closing;
                Tell(Mqtt.Close.Instance);
                break;
            case Stage.WaitingForAuth when packet is Auth auth && _exchange!.Check(auth) == ReasonCode.Success:
                Step(auth.Properties?.AuthenticationData);
                break;
            case Stage.Closing:
                break; // [MQTT-3.1.4-6 v5] [MQTT-3.1.4-5 v3.1.1] what follows a refusal is not processed
            default:
                Refuse(ReasonCode.ProtocolError); // [MQTT-3.1.2-30 v5]
                break;
        }
    }

    private void Receive(Connect connect)
    {
        (_connect, _clientId) = (connect, connect.ClientId);
        _stage = Stage.Intercepting; // from here on a refusal is a CONNACK
        var verdict = LoadRules.Check(connect, ConnectRules.KeyOf(_listener, _context.Settings, connect.UserName, connect.ClientId), _transport, _permit, _context);
        if (verdict != ReasonCode.Success)
        {
            Refuse(verdict);
            return;
        }
        if (_context.Hooks.ConnectInterceptor is not { } interceptor)
        {
            Continue(Interception<Connect>.Pass(connect));
            return;
        }
        var cancellation = StartTime();
        Task.Run(() => interceptor.InterceptAsync(connect, _listener.Name, _transport, cancellation).AsTask(), cancellation)
            .PipeTo(_all.Host, _all.Host, decision => new Intercepted(this, decision), error => new UserCodeFailed(this, error));
    }

    private void Continue(Interception<Connect> decision)
    {
        if (decision.Value is not { } connect)
        {
            Refuse(Refusal.In(MqttPacketType.ConnAck, decision.Reason), "the interceptor");
            return;
        }
        // The connection uses the version and the authentication method that were received, so an interceptor must not change them.
        if (connect.Version != _connect.Version || connect.Properties?.AuthenticationMethod != Method)
        {
            Refuse(ReasonCode.UnspecifiedError, "the interceptor changed version or authentication method", new InvalidOperationException());
            return;
        }
        (_connect, _clientId) = (connect, connect.ClientId);
        var verdict = ConnectRules.Check(connect, _listener, _context.Settings);
        if (verdict != ReasonCode.Success)
        {
            Refuse(verdict);
            return;
        }
        if (_clientId.Length == 0 && !_listener.Security.UseUserNameAsClientId)
            _clientId = $"{_context.Settings.Features.AssignedClientIdPrefix}{Guid.NewGuid():N}"; // [MQTT-3.1.3-6] [MQTT-3.2.2-16 v5]
        Authenticate();
    }

    private void Authenticate()
    {
        _stage = Stage.Authenticating;
        _rules = _context.Security.Of(_listener.Name);
        var asked = ConnectRules.ContextOf(_connect, _clientId, _listener, _transport);
        var data = _connect.Properties?.AuthenticationData;
        _connect = ConnectRules.WithoutCredentials(_connect);
        if (Method is not { } method)
        {
            AskAuthenticator(asked);
        }
        else if (_rules.Enhanced.TryGetValue(method, out var enhanced))
        {
            _ = StartTime();
            _exchange = new AuthenticationExchange(enhanced, asked);
            Step(data);
        }
        else
        {
            Refuse(ReasonCode.BadAuthenticationMethod, method); // [MQTT-4.12.0-1 v5]
        }
    }

    private void AskAuthenticator(AuthenticationContext asked)
    {
        var authenticator = _rules.Authenticator;
        if (authenticator is FileAuthenticator file) // our own authenticator does not block, and answers at once when nothing has to be hashed
        {
            var answer = file.AuthenticateAsync(asked, file.NeedsTime(asked) ? StartTime() : CancellationToken.None);
            if (answer.IsCompletedSuccessfully)
                Complete(answer.Result);
            else
                Await(answer.AsTask());
            return;
        }
        var cancellation = StartTime();
        Await(Task.Run(() => authenticator.AuthenticateAsync(asked, cancellation).AsTask(), cancellation));
    }

    private void Await(Task<AuthenticationResult> answer) =>
        answer.PipeTo(_all.Host, _all.Host, result => new Authenticated(this, result), error => new UserCodeFailed(this, error));

    private void Step(MqttBinary? data)
    {
        _stage = Stage.Authenticating;
        _exchange!.NextAsync(data).PipeTo(_all.Host, _all.Host, step => new Stepped(this, step), error => new UserCodeFailed(this, error));
    }

    private void Continue(AuthenticationStep step)
    {
        _exchange!.Stepped();
        if (step.Result is { } result)
        {
            _lastData = step.Data;
            Complete(result);
            return;
        }
        _stage = Stage.WaitingForAuth;
        Tell(_exchange.Answer(ReasonCode.ContinueAuthentication, step.Data)); // [MQTT-4.12.0-2 v5]
        Tell(OnePacket);
        CloseIfNothingCanCome();
    }

    /// <summary>The authenticator has decided.</summary>
    private void Complete(AuthenticationResult result)
    {
        if (!result.IsAccepted || result.UserName == SecurityRules.OwnClients) // with sessions-by-user this name would get the sessions of the server's own clients
        {
            Refuse(result.IsAccepted ? ReasonCode.NotAuthorized : result.ReasonCode, result.Detail ?? _connect.UserName); // [MQTT-3.1.4-2 v5] [MQTT-4.12.0-4 v5]
            return;
        }
        if (_listener.Security.UseUserNameAsClientId)
            _clientId = result.UserName ?? "";
        var identity = new ClientIdentity(_clientId, result.UserName, _listener.Name) { Credential = result.Credential };
        var rules = _context.Security.Of(_listener.Name);
        if (!ReferenceEquals(rules, _rules) && !rules.MayStay(identity, Method, _transport, _context.HookWatch, _context.Log))
        {
            Refuse(ReasonCode.NotAuthorized, _connect.UserName); // the authenticator's files were read again during the check
            return;
        }
        _rules = rules;
        if (_clientId.Length == 0)
            Refuse(ReasonCode.NotAuthorized, "no user name to use as client identifier");
        else
            Open(identity);
    }

    private void Open(ClientIdentity identity)
    {
        _key = ConnectRules.KeyOf(_listener, _context.Settings, identity.UserName, _clientId);
        var answer = ConnAckFactory.Accepting(_connect, _clientId, _lastData, _context.Settings);
        if (!ConnAckFactory.Fits(answer, _connect))
            Refuse(ReasonCode.PacketTooLarge, "its CONNACK is larger than it accepts"); // [MQTT-3.1.2-24 v5]
        else if (!LoadRules.TryAccept(_key, _permit, _context))
            Refuse(ReasonCode.QuotaExceeded, LoadRules.NoRoom);
        else
            Open(identity, answer);
    }

    private void Open(ClientIdentity identity, ConnAck answer)
    {
        Cancel();
        (_stage, _asksForSession) = (Stage.Opening, true);
        _all.Opening();
        var mountPoint = _listener.MountPoint;
        var connect = mountPoint.Length > 0 && _connect.Will is { } will
            ? _connect with { Will = will with { Topic = mountPoint + will.Topic } }
            : _connect;
        var rights = ClientRights.AreNeeded(_rules, _context.Hooks) ? ClientRights.For(identity, _rules, _context.Hooks, _context.HookWatch, _all.Log) : null;
        var info = new ClientConnection(_transport, connect.Version, identity.UserName, connect.KeepAlive, _context.Clock.GetUtcNow());
        _all.Registry.Tell(new OpenSession(_key, _clientId, _all.Host, _connection, _transport, connect, answer, identity, _rules, rights, mountPoint, info)
        {
            Permit = _permit,
        });
    }

    /// <summary>Starts the time limit when user code first runs: all user code from CONNECT to CONNACK has <c>authentication-timeout</c> together.</summary>
    private CancellationToken StartTime()
    {
        _timer ??= _all.Scheduler.ScheduleTellOnceCancelable(
            _context.Settings.AuthenticationTimeout, _all.Host, new TimedOut(this), ActorRefs.NoSender);
        return (_cancellation ??= new CancellationTokenSource()).Token;
    }

    private void Cancel()
    {
        _timer?.Cancel();
        _cancellation?.Cancel();
        _exchange?.Dispose();
        (_timer, _exchange) = (null, null);
    }

    /// <summary>Closes a connection whose client has stopped sending. The client could still read an answer, but it will not send CONNECT or AUTH.</summary>
    private void CloseIfNothingCanCome()
    {
        if (!_inboundClosed || _stage is not (Stage.WaitingForConnect or Stage.WaitingForAuth))
            return;
        _stage = Stage.Closing;
        Cancel();
        Tell(Mqtt.Close.Instance);
    }

    /// <summary>
    /// Refuses the client and closes the connection. It sends a reason code if the version of the client has one [MQTT-3.2.2-7 v5] [MQTT-3.2.2-5 v3.1.1].
    /// With a cause, code of the server or the user has failed, and the client is not at fault.
    /// </summary>
    private void Refuse(ReasonCode reason, string? detail = null, Exception? cause = null)
    {
        if (_stage is Stage.Closing or Stage.HandedOver)
            return;
        if (_stage != Stage.WaitingForConnect && ConnAckFactory.Refusing(_connect, reason, _permit.IsExcess, _context.Settings) is { } answer)
            Tell(answer);
        End(reason, detail, Mqtt.Close.Instance, cause);
    }

    private void End(ReasonCode reason, string? detail, Mqtt.Command end, Exception? cause = null)
    {
        if (reason != ReasonCode.ServerUnavailable || cause is not null || _stage != Stage.WaitingForConnect) // a client that is turned away because the server stops does not count as refused
            RefusalNote.Write(_context, _all.Log, _clientId, _transport, reason, detail, cause);
        _stage = Stage.Closing;
        Cancel();
        Tell(end);
    }

    /// <summary>Counts a connection that closed itself because of a fault of the peer. The connection has logged the fault.</summary>
    private void CountFailure(Mqtt.ConnectionClosed closed)
    {
        if (_stage is not (Stage.Closing or Stage.Opening)
            && closed is Mqtt.ErrorClosed { Reason: not (CloseReason.TransportError or CloseReason.KeepAliveTimeout) } error)
        {
            _context.Stats.AddRefusal(Refused.Connect, error.ReasonCode ?? ReasonCode.UnspecifiedError);
        }
        if (_stage != Stage.Opening)
        {
            _stage = Stage.Closing;
            Cancel();
        }
    }
}
