using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server.Security;

/// <summary>
/// One enhanced authentication of one client (MQTT 5.0, section 4.12), before CONNACK or later. Owned by one actor, which awaits the
/// steps. User code runs on the thread pool, never on a thread of connections.
/// </summary>
internal sealed class AuthenticationExchange(IEnhancedAuthenticator authenticator, AuthenticationContext context) : IDisposable
{
    private readonly CancellationTokenSource _cancellation = new();
    private IEnhancedExchange? _exchange;

    /// <summary>The authentication method.</summary>
    public string Method => authenticator.Method;

    /// <summary>Whether a step is running. The client must not send AUTH before it has ended.</summary>
    public bool IsBusy { get; private set; }

    /// <summary>Whether an AUTH packet continues this exchange.</summary>
    /// <param name="packet">The packet. The connection has checked that its method is that of CONNECT [MQTT-4.12.0-5] [MQTT-4.12.1-1].</param>
    /// <returns>Success, or the reason code of the refusal.</returns>
    public ReasonCode Check(Auth packet) => !IsBusy && packet.ReasonCode == ReasonCode.ContinueAuthentication // [MQTT-4.12.0-3 v5]
        ? ReasonCode.Success
        : ReasonCode.ProtocolError;

    /// <summary>Runs the next step with the data of the client. Call <see cref="Stepped"/> when the task has completed.</summary>
    /// <param name="data">The Authentication Data of CONNECT or AUTH.</param>
    /// <returns>The step; the task fails if the user code throws.</returns>
    public Task<AuthenticationStep> NextAsync(MqttBinary? data)
    {
        IsBusy = true;
        var cancellation = _cancellation.Token;
        return Task.Run(
            async () =>
            {
                _exchange ??= authenticator.Begin(context);
                return await _exchange.NextAsync(data, cancellation).ConfigureAwait(false);
            },
            cancellation);
    }

    /// <summary>Notes that the step has ended.</summary>
    public void Stepped() => IsBusy = false;

    /// <summary>Cancels the running step, because the client has disconnected or has waited too long.</summary>
    public void Dispose() => _cancellation.Cancel();

    /// <summary>Creates the AUTH packet that answers a step.</summary>
    /// <param name="reason">Continue, or success when the client has authenticated again.</param>
    /// <param name="data">Authentication Data for the client; null for none.</param>
    /// <returns>The packet.</returns>
    public Auth Answer(ReasonCode reason, MqttBinary? data) =>
        new(reason) { Properties = new AuthProperties { AuthenticationMethod = Method, AuthenticationData = data } }; // [MQTT-4.12.0-2 v5]
}
