using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Connections;
using Akka.Mqtt.Server.Shared;

namespace Akka.Mqtt.Server.Sessions;

/// <summary>
/// A client that authenticates again after CONNACK (section 4.12.1 of 5.0). The code of the authenticator runs on the thread pool, never on the
/// thread that serves sockets. Owned by the session; made at the first AUTH.
/// </summary>
internal sealed class Reauthentication(ServerContext context, ClientLink link, string clientId, IActorRef session) : IDisposable
{
    private IEnhancedExchange? _exchange;
    private CancellationTokenSource? _cancel;
    private ClockTimer? _timer;
    private bool _stepping; // the exchange is at work, and no AUTH may come

    /// <summary>AUTH of the client.</summary>
    /// <returns>Null, or what is wrong with it.</returns>
    public Violation? Receive(Auth packet)
    {
        // The connection has seen to it that there is a method and that it is that of CONNECT [MQTT-4.12.0-5 v5] [MQTT-4.12.0-7 v5]
        // [MQTT-4.12.1-1 v5] U-3.15-1.
        if (_stepping)
            return Violation.Protocol("AUTH came before the server had answered the last one");
        switch (packet.ReasonCode)
        {
            case ReasonCode.ContinueAuthentication when _exchange is not null: // [MQTT-4.12.0-3 v5]
                Step(packet.Properties?.AuthenticationData);
                return null;
            case ReasonCode.ReAuthenticate when _exchange is null && link is { Connect: { } connect, AuthenticationMethod: { } method }:
                if (!context.Security.Of(link.Identity.Listener).Enhanced.TryGetValue(method, out var enhanced))
                    return new Violation(ReasonCode.BadAuthenticationMethod, "the authentication method is not available any more");
                _exchange = enhanced.Begin(AskedBy(connect));
                _cancel = new CancellationTokenSource();
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
        _stepping = false;
        if (step.Result is not { } result)
            return null;
        _exchange = null;
        Dispose();
        // Who authenticates again must be who it was: the session is that user's.
        return result.IsAccepted && result.UserName != link.Identity.UserName ? AuthenticationResult.Refused(ReasonCode.NotAuthorized) : result;
    }

    /// <summary>What the client is sent for a step.</summary>
    public Auth Answer(AuthenticationStep step) => new(step.Result is null ? ReasonCode.ContinueAuthentication : ReasonCode.Success)
    {
        Properties = new AuthProperties { AuthenticationMethod = link.AuthenticationMethod, AuthenticationData = step.Data },
    };

    public void Dispose()
    {
        _timer?.Dispose();
        _cancel?.Cancel();
        _cancel?.Dispose();
        (_timer, _cancel) = (null, null);
    }

    private void Step(MqttBinary? data)
    {
        _stepping = true;
        var (exchange, token) = (_exchange!, _cancel!.Token);
        Task.Run(async () => await exchange.NextAsync(data, token).ConfigureAwait(false), CancellationToken.None).PipeTo(
            session,
            session,
            step => new Stepped(link, exchange, step),
            error => new Failed(link, exchange, error));
    }

    /// <summary>Whether an exchange is the one at work: others ended before.</summary>
    public bool IsAtWork(IEnhancedExchange exchange) => ReferenceEquals(exchange, _exchange);

    private AuthenticationContext AskedBy(Connect connect) => new(clientId, link.Identity.Listener, link.Transport)
    {
        Version = connect.Version,
        UserName = connect.UserName,
        Password = connect.Password,
        UserProperties = connect.Properties?.UserProperties ?? default,
    };

    /// <summary>To the session: the authenticator has answered.</summary>
    internal sealed record Stepped(ClientLink Link, IEnhancedExchange Exchange, AuthenticationStep Step) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    /// <summary>To the session: the authenticator has failed.</summary>
    internal sealed record Failed(ClientLink Link, IEnhancedExchange Exchange, Exception Cause) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    /// <summary>To the session: the exchange has taken too long.</summary>
    internal sealed record TimeUp(ClientLink Link, IEnhancedExchange Exchange) : INoSerializationVerificationNeeded, IDeadLetterSuppression;
}
