using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.PacketRules;
using Akka.Mqtt.Server.Security;
using Akka.Mqtt.Server.Shared;

namespace Akka.Mqtt.Server.Sessions;

/// <summary>
/// Handles a client that authenticates again after CONNACK (section 4.12.1 of 5.0). The authenticator runs on the thread pool, never on a
/// thread that serves sockets. Owned by the session; created at the first AUTH.
/// </summary>
internal sealed class Reauthentication(ServerContext context, ClientLink link, string clientId, IActorRef session) : IDisposable
{
    private AuthenticationExchange? _exchange;
    private ClockTimer? _timer;

    /// <summary>Handles an AUTH of the client.</summary>
    /// <returns>Null, or the violation of the protocol.</returns>
    public Violation? Receive(Auth packet)
    {
        // The connection has already checked that AUTH has a method and that it equals the one of CONNECT [MQTT-4.12.0-5 v5]
        // [MQTT-4.12.0-7 v5]
        // [MQTT-4.12.1-1 v5] U-3.15-1.
        if (_exchange is { IsBusy: true })
            return Violation.Protocol("AUTH was received before the server had answered the previous one");
        switch (packet.ReasonCode)
        {
            case ReasonCode.ContinueAuthentication when _exchange is not null: // [MQTT-4.12.0-3 v5]
                Step(packet.Properties?.AuthenticationData);
                return null;
            case ReasonCode.ReAuthenticate when _exchange is null && link is { Connect: { } connect, AuthenticationMethod: { } method }:
                if (!context.Security.Of(link.Identity.Listener).Enhanced.TryGetValue(method, out var enhanced))
                    return new Violation(ReasonCode.BadAuthenticationMethod, "the authentication method is not available any more");
                _exchange = new AuthenticationExchange(enhanced, AskedBy(connect));
                _timer = new ClockTimer(context.Clock, session, new TimeUp(link, _exchange));
                _timer.Start(context.Settings.AuthenticationTimeout);
                Step(packet.Properties?.AuthenticationData);
                return null;
            case ReasonCode.ReAuthenticate:
                return Violation.Protocol("AUTH starts an authentication while another one is in progress");
            default:
                return Violation.Protocol($"AUTH has reason code 0x{(byte)packet.ReasonCode:X2}, but no authentication is in progress");
        }
    }

    /// <summary>Handles an answer of the authenticator.</summary>
    /// <returns>The result; null when the client must send another AUTH.</returns>
    public AuthenticationResult? Advance(AuthenticationStep step)
    {
        _exchange!.Stepped();
        if (step.Result is not { } result)
            return null;
        Dispose();
        // The session belongs to a user, so the client may not authenticate again as another user.
        return result.IsAccepted && result.UserName != link.Identity.UserName ? AuthenticationResult.Refused(ReasonCode.NotAuthorized) : result;
    }

    /// <summary>Creates the AUTH for a step.</summary>
    public static Auth Answer(AuthenticationExchange exchange, AuthenticationStep step) =>
        exchange.Answer(step.Result is null ? ReasonCode.ContinueAuthentication : ReasonCode.Success, step.Data);

    public void Dispose()
    {
        _timer?.Dispose();
        _exchange?.Dispose();
        (_timer, _exchange) = (null, null);
    }

    private void Step(MqttBinary? data)
    {
        var exchange = _exchange!;
        exchange.NextAsync(data).PipeTo(
            session,
            session,
            step => new Stepped(link, exchange, step),
            error => new Failed(link, exchange, error));
    }

    /// <summary>Whether an exchange is the one in progress; others have ended.</summary>
    public bool IsAtWork(AuthenticationExchange exchange) => ReferenceEquals(exchange, _exchange);

    private AuthenticationContext AskedBy(Connect connect) => new(clientId, link.Identity.Listener, link.Transport)
    {
        Version = connect.Version,
        UserName = connect.UserName,
        Password = connect.Password,
        UserProperties = connect.Properties?.UserProperties ?? default,
    };

    /// <summary>Sent to the session with an answer of the authenticator.</summary>
    internal sealed record Stepped(ClientLink Link, AuthenticationExchange Exchange, AuthenticationStep Step) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    /// <summary>Sent to the session when the authenticator has thrown an exception.</summary>
    internal sealed record Failed(ClientLink Link, AuthenticationExchange Exchange, Exception Cause) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    /// <summary>Sent to the session when the exchange has exceeded its time limit.</summary>
    internal sealed record TimeUp(ClientLink Link, AuthenticationExchange Exchange) : INoSerializationVerificationNeeded, IDeadLetterSuppression;
}
