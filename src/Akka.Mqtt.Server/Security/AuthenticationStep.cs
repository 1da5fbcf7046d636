using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server;

/// <summary>One step of an enhanced authentication: a further exchange with the client, or the result.</summary>
public sealed record AuthenticationStep
{
    private AuthenticationStep(AuthenticationResult? result, MqttBinary? data)
    {
        Result = result;
        Data = data;
    }

    /// <summary>The result; null when the client must send another AUTH.</summary>
    public AuthenticationResult? Result { get; }

    /// <summary>Authentication Data for the client, or null for none.</summary>
    public MqttBinary? Data { get; }

    /// <summary>Sends AUTH with 0x18 to the client, which must answer.</summary>
    /// <param name="data">The Authentication Data for the client.</param>
    /// <returns>The step.</returns>
    public static AuthenticationStep Continue(MqttBinary? data) => new(null, data);

    /// <summary>Accepts the client: with CONNACK, or with AUTH 0x00 when the client has authenticated again.</summary>
    /// <param name="userName">Its verified user name; null for none.</param>
    /// <param name="data">The last Authentication Data for the client; null for none.</param>
    /// <param name="credential">See <see cref="AuthenticationResult.Credential"/>.</param>
    /// <returns>The step.</returns>
    public static AuthenticationStep Accept(string? userName, MqttBinary? data = null, object? credential = null) =>
        new(AuthenticationResult.Accepted(userName, credential), data);

    /// <summary>Refuses the client.</summary>
    /// <param name="reason">The reason code.</param>
    /// <returns>The step.</returns>
    public static AuthenticationStep Refuse(ReasonCode reason = ReasonCode.NotAuthorized) => new(AuthenticationResult.Refused(reason), null);
}
