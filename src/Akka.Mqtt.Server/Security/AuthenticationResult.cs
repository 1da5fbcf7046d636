using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Security;

namespace Akka.Mqtt.Server;

/// <summary>The decision of an authenticator.</summary>
public sealed record AuthenticationResult
{
    private AuthenticationResult(ReasonCode reasonCode) => ReasonCode = reasonCode;

    /// <summary><see cref="ReasonCode.Success"/>, or why the client is refused.</summary>
    public ReasonCode ReasonCode { get; }

    /// <summary>The verified user name; null for an anonymous client. ACL files use it for <c>%u</c> and <c>user</c> lines.</summary>
    public string? UserName { get; private init; }

    /// <summary>Kept with the connection, so that <see cref="IAuthenticator.MayStay"/> can use it; never logged.</summary>
    public object? Credential { get; private init; }

    /// <summary>Whether the client is accepted.</summary>
    public bool IsAccepted => ReasonCode == ReasonCode.Success;

    /// <summary>The reason for the log and the operator; it is not sent to the client. Null for none.</summary>
    public string? Detail { get; private init; }

    /// <summary>Accepts the client.</summary>
    /// <param name="userName">Its verified user name; null for none.</param>
    /// <param name="credential">An object for <see cref="IAuthenticator.MayStay"/>; null for none.</param>
    /// <returns>The result.</returns>
    public static AuthenticationResult Accepted(string? userName = null, object? credential = null) =>
        new(ReasonCode.Success) { UserName = userName, Credential = credential };

    /// <summary>Refuses the client.</summary>
    /// <param name="reason">
    /// 0x80 or above, and allowed in CONNACK; other codes become 0x80. 3.x clients receive a return code for
    /// <see cref="ReasonCode.BadUserNameOrPassword"/>, <see cref="ReasonCode.NotAuthorized"/>, <see cref="ReasonCode.ServerUnavailable"/>
    /// and <see cref="ReasonCode.ClientIdentifierNotValid"/>; with any other code the connection closes.
    /// </param>
    /// <param name="detail">See <see cref="Detail"/>.</param>
    /// <returns>The result.</returns>
    public static AuthenticationResult Refused(ReasonCode reason = ReasonCode.NotAuthorized, string? detail = null) =>
        new(Refusal.In(MqttPacketType.ConnAck, reason)) { Detail = detail };
}
