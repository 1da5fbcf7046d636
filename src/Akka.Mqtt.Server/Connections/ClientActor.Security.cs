using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Handshake;
using Akka.Mqtt.Server.Security;
using Akka.Mqtt.Server.Sessions;

namespace Akka.Mqtt.Server.Connections;

/// <summary>Who the client is and what it may do: interception, authentication, enhanced authentication (section 4.12), reload.</summary>
internal sealed partial class ClientActor
{
    private ClientIdentity _identity = null!;
    private ClientRights? _rights;
    private SecurityRules _rules = null!;
    private IEnhancedExchange? _exchange;
    private ICancelable? _authenticationTimer;
    private bool _rightsAreNew;
    private bool _stepping; // the exchange is at work, and no AUTH may come
    private CancellationTokenSource? _cancellation; // of the work for a client that is not let in yet
    private MqttBinary? _lastData; // what goes out with CONNACK

    private CancellationToken Cancellation => (_cancellation ??= new CancellationTokenSource()).Token;

    private string? Method => _connect.Properties?.AuthenticationMethod;

    private bool TryIntercept(Connect connect)
    {
        if (_context.Hooks.ConnectInterceptor is not { } interceptor)
            return false;
        _phase = Phase.Authenticating;
        Await(packet => interceptor.InterceptAsync(packet, _listener, _transport, Cancellation), connect, decision => new Intercepted(decision));
        return true;
    }

    private void Open(Intercepted intercepted)
    {
        if (_phase != Phase.Authenticating)
            return;
        if (intercepted.Decision.Value is not { } connect)
        {
            Refuse(Refusal.In(MqttPacketType.ConnAck, intercepted.Decision.Reason), "the interceptor");
            return;
        }
        // The connection goes by the version and the method that came on the wire.
        if (connect.Version != _connect.Version || connect.Properties?.AuthenticationMethod != Method)
        {
            Refuse(ReasonCode.UnspecifiedError, "the interceptor changed version or authentication method", isFault: true);
            return;
        }
        Admit(connect);
    }

    private void BeginAuthentication()
    {
        _phase = Phase.Authenticating;
        _rules = _context.Security.Of(_listener);
        var context = AskedBy(_connect);
        if (Method is not { } method)
        {
            Await(asked => _rules.Authenticator.AuthenticateAsync(asked, Cancellation), context, result => new Authenticated(result));
        }
        else if (_rules.Enhanced.TryGetValue(method, out var enhanced))
        {
            BeginExchange(enhanced, context, _connect.Properties!.AuthenticationData);
        }
        else
        {
            Refuse(ReasonCode.BadAuthenticationMethod, method); // [MQTT-4.12.0-1 v5]
        }
    }

    private AuthenticationContext AskedBy(Connect connect) => new(_clientId, _listener, _transport)
    {
        Version = connect.Version,
        UserName = connect.UserName,
        Password = connect.Password,
        UserProperties = connect.Properties?.UserProperties ?? default,
    };

    private void BeginExchange(IEnhancedAuthenticator enhanced, AuthenticationContext context, MqttBinary? data)
    {
        try
        {
            _exchange = enhanced.Begin(context);
        }
        catch (Exception error) // code of others
        {
            Failed(error);
            return;
        }
        _authenticationTimer = Context.System.Scheduler.ScheduleTellOnceCancelable(
            _context.Settings.AuthenticationTimeout, Self, new AuthenticationTimeout(_exchange), ActorRefs.NoSender);
        Step(data);
    }

    private void Step(MqttBinary? data)
    {
        _stepping = true;
        Await(said => _exchange!.NextAsync(said, Cancellation), data, step => new Stepped(step));
    }

    /// <summary>AUTH of the client, before CONNACK or after.</summary>
    /// <returns>Success, or what is wrong with it.</returns>
    private ReasonCode Receive(Auth packet)
    {
        // The connection has seen to it that there is a method and that it is that of CONNECT [MQTT-4.12.0-5 v5] [MQTT-4.12.0-7 v5]
        // [MQTT-4.12.1-1 v5] U-3.15-1.
        if (_stepping)
            return ReasonCode.ProtocolError;
        switch (packet.ReasonCode)
        {
            case ReasonCode.ContinueAuthentication when _exchange is not null: // [MQTT-4.12.0-3 v5]
                Step(packet.Properties?.AuthenticationData);
                return ReasonCode.Success;
            case ReasonCode.ReAuthenticate when _exchange is null && _phase == Phase.Serving:
                _rules = _context.Security.Of(_listener);
                if (Method is null || !_rules.Enhanced.TryGetValue(Method, out var enhanced))
                    return ReasonCode.BadAuthenticationMethod;
                BeginExchange(enhanced, AskedBy(_connect), packet.Properties?.AuthenticationData);
                return ReasonCode.Success;
            default:
                return ReasonCode.ProtocolError;
        }
    }

    private void Advance(AuthenticationStep step)
    {
        _stepping = false;
        if (_phase is not (Phase.Authenticating or Phase.Serving) || _exchange is null)
            return;
        if (step.Result is not { } result)
        {
            Say(ReasonCode.ContinueAuthentication, step.Data); // [MQTT-4.12.0-2 v5]
            return;
        }
        _exchange = null;
        _authenticationTimer?.Cancel();
        if (_phase == Phase.Authenticating)
        {
            _lastData = step.Data;
            Authenticate(result);
            return;
        }
        // Who authenticates again must be who it was: the session is that user's.
        if (result.IsAccepted && result.UserName != _identity.UserName)
            result = AuthenticationResult.Refused(ReasonCode.NotAuthorized);
        if (!result.IsAccepted)
        {
            // [MQTT-4.12.1-2 v5]
            var fits = result.ReasonCode.IsAllowed(MqttPacketType.Disconnect, MqttRole.Server);
            Refuse(fits ? result.ReasonCode : ReasonCode.NotAuthorized, "re-authentication");
            return;
        }
        _identity = _identity with { Credential = result.Credential };
        Say(ReasonCode.Success, step.Data);
        Recheck(); // the rules may have changed while it spoke
    }

    private void Say(ReasonCode code, MqttBinary? data)
    {
        _out.Add(new Auth(code) { Properties = new AuthProperties { AuthenticationMethod = Method, AuthenticationData = data } });
        WriteOut();
    }

    private void Authenticate(AuthenticationResult result)
    {
        if (_phase != Phase.Authenticating)
            return;
        if (!result.IsAccepted)
        {
            Refuse(result.ReasonCode, result.Detail ?? _connect.UserName); // [MQTT-3.1.4-2 v5] [MQTT-4.12.0-4 v5]
            return;
        }
        var rules = _context.Security.Of(_listener);
        if (rules.Listener.UseUserNameAsClientId)
        {
            if (result.UserName is not { Length: > 0 } name)
            {
                Refuse(ReasonCode.NotAuthorized, "use-user-name-as-client-id, and it has no user name");
                return;
            }
            _clientId = name;
        }
        _identity = new ClientIdentity(_clientId, result.UserName, _listener) { Credential = result.Credential };
        if (!ReferenceEquals(rules, _rules) && !rules.MayStay(_identity, Method, _transport))
        {
            Refuse(ReasonCode.NotAuthorized, _connect.UserName); // read again while the client was checked
            return;
        }
        UseRules(rules);
        var answer = Accept();
        if (!Reasons.Fits(answer, PeerMaximum))
        {
            Refuse(ReasonCode.PacketTooLarge, "its CONNACK is larger than it takes"); // [MQTT-3.1.2-24 v5]
            return;
        }
        if (!LoadRules.TryAccept(_clientId, _admission.Permit, _context))
        {
            Refuse(ReasonCode.QuotaExceeded, LoadRules.NoRoom);
            return;
        }
        _phase = Phase.Opening;
        _awaitsSession = true;
        _registry.Tell(new SessionProtocol.Open(_clientId, Self, _connection, _connect, answer)
        {
            Rights = _rights,
            Info = Introduce(),
            MountPoint = _admission.MountPoint,
        });
    }

    private void UseRules(SecurityRules rules)
    {
        _rules = rules;
        var hooks = _context.Hooks;
        // A logger is as large as what it would be for here, and most clients never need one.
        _rights = ClientRights.AreNeeded(rules, hooks) ? ClientRights.For(_identity, rules, hooks, Log) : null;
        if (_publisher is not null)
            _publisher.Rights = _rights;
    }

    /// <summary>The rules have changed: a client that would not be let in any more goes, the others get their new rights.</summary>
    private void Recheck()
    {
        if (_phase is not (Phase.Opening or Phase.Serving))
            return;
        var rules = _context.Security.Of(_listener);
        if (ReferenceEquals(rules, _rules))
            return;
        if (!rules.MayStay(_identity, Method, _transport))
        {
            Refuse(ReasonCode.NotAuthorized, "the new rules");
            return;
        }
        UseRules(rules);
        _rightsAreNew = true;
        TellRights();
    }

    /// <summary>The session is told of new rights when it is there: it was opened with the old ones.</summary>
    private void TellRights()
    {
        if (!_rightsAreNew || _phase != Phase.Serving)
            return;
        _rightsAreNew = false;
        _session.Tell(new SessionProtocol.RightsChanged(_epoch, _rights));
    }

    /// <summary>The client gives up before it is let in.</summary>
    private void Depart()
    {
        _phase = Phase.Closing;
        _connection.Tell(Mqtt.Close.Instance);
        CancelAuthentication();
    }

    /// <summary>Nobody waits for a result any more.</summary>
    private void CancelAuthentication() => _ = _cancellation?.CancelAsync(); // callbacks of users do not run on this thread

    /// <summary>Refuses with more to say in the log.</summary>
    /// <param name="reason">What the client is told.</param>
    /// <param name="detail">What it is about.</param>
    /// <param name="isFault">Whether it is code on our side, not the client, that has to change.</param>
    /// <param name="cause">What was thrown.</param>
    private void Refuse(ReasonCode reason, string? detail, bool isFault = false, Exception? cause = null)
    {
        if (_phase == Phase.Closing)
            return;
        (_refusalDetail, _refusalIsFault, _refusalCause) = (detail, isFault, cause);
        Refuse(reason);
    }

    private void Failed(Exception error)
    {
        Refuse(_phase == Phase.Serving ? ReasonCode.UnspecifiedError : ReasonCode.ServerUnavailable, "an authenticator or interceptor failed", isFault: true, error);
    }

    /// <summary>Takes what comes of code of others, at once or later; a failure comes to <see cref="Failed"/>.</summary>
    private void Await<TIn, TOut>(Func<TIn, ValueTask<TOut>> start, TIn argument, Func<TOut, object> message)
    {
        ValueTask<TOut> result;
        try
        {
            result = start(argument);
        }
        catch (Exception error) // code of others
        {
            Failed(error);
            return;
        }
        Await(result, message);
    }

    private void Await<TOut>(ValueTask<TOut> result, Func<TOut, object> message)
    {
        if (result.IsCompletedSuccessfully)
            OnReceive(message(result.Result));
        else
            result.AsTask().PipeTo(Self, Self, message, error => new Status.Failure(error));
    }

    private sealed record AuthenticationTimeout(IEnhancedExchange Exchange) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    private sealed record Authenticated(AuthenticationResult Result) : INoSerializationVerificationNeeded;

    private sealed record Stepped(AuthenticationStep Step) : INoSerializationVerificationNeeded;

    private sealed record Intercepted(Interception<Connect> Decision) : INoSerializationVerificationNeeded;
}
