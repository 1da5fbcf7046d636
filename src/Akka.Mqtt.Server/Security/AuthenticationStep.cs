using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server;

/// <summary>One step of an enhanced authentication: more is needed, or it has ended.</summary>
public sealed record AuthenticationStep
{
    private AuthenticationStep(AuthenticationResult? result, MqttBinary? data)
    {
        Result = result;
        Data = data;
    }

    /// <summary>The end of the conversation; null when the client has to say more.</summary>
    public AuthenticationResult? Result { get; }

    /// <summary>Authentication Data for the client, or null for none.</summary>
    public MqttBinary? Data { get; }

    /// <summary>The client is sent AUTH 0x18 and must answer.</summary>
    /// <param name="data">What it is told.</param>
    /// <returns>The step.</returns>
    public static AuthenticationStep Continue(MqttBinary? data) => new(null, data);

    /// <summary>The client is let in: CONNACK, or AUTH 0x00 when it had authenticated again.</summary>
    /// <param name="userName">Its verified user name; null for none.</param>
    /// <param name="data">What it is told last; null for nothing.</param>
    /// <param name="credential">See <see cref="AuthenticationResult.Credential"/>.</param>
    /// <returns>The step.</returns>
    public static AuthenticationStep Accept(string? userName, MqttBinary? data = null, object? credential = null) =>
        new(AuthenticationResult.Accepted(userName, credential), data);

    /// <summary>The client is refused.</summary>
    /// <param name="reason">Why.</param>
    /// <returns>The step.</returns>
    public static AuthenticationStep Refuse(ReasonCode reason = ReasonCode.NotAuthorized) => new(AuthenticationResult.Refused(reason), null);
}
