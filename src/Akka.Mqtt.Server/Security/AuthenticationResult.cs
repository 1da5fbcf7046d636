using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Security;

namespace Akka.Mqtt.Server;

/// <summary>What an authenticator decided.</summary>
public sealed record AuthenticationResult
{
    private AuthenticationResult(ReasonCode reasonCode) => ReasonCode = reasonCode;

    /// <summary><see cref="ReasonCode.Success"/>, or why the client is refused.</summary>
    public ReasonCode ReasonCode { get; }

    /// <summary>The verified user name; null for an anonymous client. What <c>%u</c> and the users of an ACL file mean.</summary>
    public string? UserName { get; private init; }

    /// <summary>Kept with the connection and shown to <see cref="IAuthenticator.MayStay"/>; never logged.</summary>
    public object? Credential { get; private init; }

    /// <summary>Whether the client is let in.</summary>
    public bool IsAccepted => ReasonCode == ReasonCode.Success;

    /// <summary>Why, for the log and whoever has to change something; the client is not told. Null for nothing to say.</summary>
    public string? Detail { get; private init; }

    /// <summary>Lets the client in.</summary>
    /// <param name="userName">Its verified user name; null for none.</param>
    /// <param name="credential">What <see cref="IAuthenticator.MayStay"/> wants to know again; null for nothing.</param>
    /// <returns>The result.</returns>
    public static AuthenticationResult Accepted(string? userName = null, object? credential = null) =>
        new(ReasonCode.Success) { UserName = userName, Credential = credential };

    /// <summary>Refuses the client.</summary>
    /// <param name="reason">
    /// 0x80 or above, of those that a CONNACK may have; others become 0x80. 3.x clients see their return code for
    /// <see cref="ReasonCode.BadUserNameOrPassword"/>, <see cref="ReasonCode.NotAuthorized"/>, <see cref="ReasonCode.ServerUnavailable"/> and
    /// <see cref="ReasonCode.ClientIdentifierNotValid"/>; with any other the connection closes.
    /// </param>
    /// <param name="detail">See <see cref="Detail"/>.</param>
    /// <returns>The result.</returns>
    public static AuthenticationResult Refused(ReasonCode reason = ReasonCode.NotAuthorized, string? detail = null) =>
        new(Refusal.In(MqttPacketType.ConnAck, reason)) { Detail = detail };
}
