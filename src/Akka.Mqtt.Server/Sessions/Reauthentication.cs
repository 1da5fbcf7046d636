using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.PacketRules;
using Akka.Mqtt.Server.Security;
using Akka.Mqtt.Server.Shared;

namespace Akka.Mqtt.Server.Sessions;

/// <summary>
/// A client that authenticates again after CONNACK (section 4.12.1 of 5.0). The code of the authenticator runs on the thread pool, never on the
/// thread that serves sockets. Owned by the session; made at the first AUTH.
/// </summary>
internal sealed class Reauthentication(ServerContext context, ClientLink link, string clientId, IActorRef session) : IDisposable
{
    private AuthenticationExchange? _exchange;
    private ClockTimer? _timer;

    /// <summary>AUTH of the client.</summary>
    /// <returns>Null, or what is wrong with it.</returns>
    public Violation? Receive(Auth packet)
    {
        // The connection has seen to it that there is a method and that it is that of CONNECT [MQTT-4.12.0-5 v5] [MQTT-4.12.0-7 v5]
        // [MQTT-4.12.1-1 v5] U-3.15-1.
        if (_exchange is { IsBusy: true })
            return Violation.Protocol("AUTH came before the server had answered the last one");
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
                return Violation.Protocol("AUTH begins an authentication while another one goes on");
            default:
                return Violation.Protocol($"AUTH has reason code 0x{(byte)packet.ReasonCode:X2}, but no authentication goes on");
        }
    }

    /// <summary>The authenticator has answered.</summary>
    /// <returns>The end of the exchange; null when the client has to say more.</returns>
    public AuthenticationResult? Advance(AuthenticationStep step)
    {
        _exchange!.Stepped();
        if (step.Result is not { } result)
            return null;
        Dispose();
        // The session belongs to a user: authenticating again as another user is refused.
        return result.IsAccepted && result.UserName != link.Identity.UserName ? AuthenticationResult.Refused(ReasonCode.NotAuthorized) : result;
    }

    /// <summary>What the client is sent for a step.</summary>
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

    /// <summary>Whether an exchange is the one at work: others ended before.</summary>
    public bool IsAtWork(AuthenticationExchange exchange) => ReferenceEquals(exchange, _exchange);

    private AuthenticationContext AskedBy(Connect connect) => new(clientId, link.Identity.Listener, link.Transport)
    {
        Version = connect.Version,
        UserName = connect.UserName,
        Password = connect.Password,
        UserProperties = connect.Properties?.UserProperties ?? default,
    };

    /// <summary>To the session: the authenticator has answered.</summary>
    internal sealed record Stepped(ClientLink Link, AuthenticationExchange Exchange, AuthenticationStep Step) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    /// <summary>To the session: the authenticator has failed.</summary>
    internal sealed record Failed(ClientLink Link, AuthenticationExchange Exchange, Exception Cause) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    /// <summary>To the session: the exchange has taken too long.</summary>
    internal sealed record TimeUp(ClientLink Link, AuthenticationExchange Exchange) : INoSerializationVerificationNeeded, IDeadLetterSuppression;
}
