using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Limits;

namespace Akka.Mqtt.Server.Handshake;

/// <summary>Checks of a CONNECT that do not depend on the identity of the client: identifier, Keep Alive, will. Plain code.</summary>
internal static class ConnectRules
{
    /// <summary>Checks a CONNECT as the interceptor returned it.</summary>
    /// <param name="connect">The packet.</param>
    /// <param name="listener">The listener that accepted the connection.</param>
    /// <param name="settings">The settings.</param>
    /// <returns>Success, or the reason code of the refusal.</returns>
    public static ReasonCode Check(Connect connect, ListenerProfile listener, MqttServerSettings settings)
    {
        if (CheckClientId(connect, listener, settings) is var reason and not ReasonCode.Success)
            return reason;
        if (connect.Version != MqttVersion.V5 && settings.Limits.MaxKeepAlive is { TotalSeconds: var most } && (connect.KeepAlive == 0 || connect.KeepAlive > most))
            return ReasonCode.ServerUnavailable; // 3.x has no way to announce a shorter Keep Alive
        return connect.Will is { } will ? Check(will, listener, settings) : ReasonCode.Success;
    }

    /// <summary>What the authenticator gets to decide about a client.</summary>
    public static AuthenticationContext ContextOf(Connect connect, string clientId, ListenerProfile listener, TransportInfo transport) =>
        new(clientId, listener.Name, transport)
        {
            Version = connect.Version,
            UserName = connect.UserName,
            Password = connect.Password,
            UserProperties = connect.Properties?.UserProperties ?? default,
        };

    /// <summary>The CONNECT without the credentials, which are no longer needed after authentication.</summary>
    public static Connect WithoutCredentials(Connect connect) => connect with
    {
        Password = null,
        Properties = connect.Properties is { } properties ? properties with { UserProperties = default, AuthenticationData = null } : null,
    };

    /// <summary>The longest Keep Alive that the server accepts, in seconds; null for no limit.</summary>
    public static ushort? KeepAliveLimit(MqttServerSettings settings)
    {
        var server = settings.ServerKeepAlive;
        var most = settings.Limits.MaxKeepAlive;
        var limit = server is null || most < server ? most : server;
        return (ushort?)limit?.TotalSeconds;
    }

    private static ReasonCode CheckClientId(Connect connect, ListenerProfile listener, MqttServerSettings settings)
    {
        if (connect.ClientId.Length == 0)
        {
            if (listener.Security.UseUserNameAsClientId)
                return ReasonCode.Success; // the server derives one from its user name
            // [MQTT-3.1.3-8 v3.1.1]; 3.1 has no empty identifiers at all
            var mayBeEmpty = connect.Version == MqttVersion.V5 || (connect.Version == MqttVersion.V311 && connect.CleanStart);
            return mayBeEmpty && settings.Features.AllowEmptyClientId ? ReasonCode.Success : ReasonCode.ClientIdentifierNotValid;
        }
        if (ControlCharacters.AreRefused(connect.ClientId, settings.Features))
            return ReasonCode.ClientIdentifierNotValid;
        if (connect.Version == MqttVersion.V31 && connect.ClientId.Length > settings.MaxClientIdLength31)
            return ReasonCode.ClientIdentifierNotValid; // 3.1, section 3.1: 1 to 23 characters
        if (listener.Security.ClientIdPrefixes.Count == 0)
            return ReasonCode.Success;
        foreach (var prefix in listener.Security.ClientIdPrefixes.Span)
        {
            if (connect.ClientId.StartsWith(prefix, StringComparison.Ordinal))
                return ReasonCode.Success;
        }
        return ReasonCode.NotAuthorized;
    }

    private static ReasonCode Check(Will will, ListenerProfile listener, MqttServerSettings settings)
    {
        if (will.Payload.Length > (settings.Limits.MaxPayloadSize ?? int.MaxValue))
            return ReasonCode.PacketTooLarge;
        if (will.Retain && !settings.Features.RetainAvailable)
            return ReasonCode.RetainNotSupported; // [MQTT-3.2.2-13]
        if (will.QoS > settings.Features.MaximumQoS)
            return ReasonCode.QoSNotSupported; // [MQTT-3.2.2-12]
        return will.Topic.AsSpan().Count('/') >= settings.MaxTopicLevels
            || ControlCharacters.AreRefused(will.Topic, settings.Features)
            || TopicLength.Exceeds(listener.MountPoint + will.Topic, settings.Limits.MaxTopicLength)
            ? ReasonCode.TopicNameInvalid
            : ReasonCode.Success;
    }

    /// <summary>The key of the session that a client requests.</summary>
    /// <param name="listener">The listener that accepted the connection.</param>
    /// <param name="settings">The settings of the server.</param>
    /// <param name="user">Its user name.</param>
    /// <param name="clientId">Its client identifier.</param>
    public static SessionKey KeyOf(ListenerProfile listener, MqttServerSettings settings, string? user, string clientId) => new(
        listener.MountPoint, listener.Owner ?? (settings.SessionsByUser ? user : null), listener.Security.UseUserNameAsClientId ? user ?? "" : clientId);
}
