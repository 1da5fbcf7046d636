using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Sessions;

namespace Akka.Mqtt.Server.Handshake;

/// <summary>Makes the CONNACK that accepts a client, or the one that refuses it. Plain code.</summary>
internal static class ConnAckFactory
{
    /// <summary>The CONNACK that accepts the client; the session adds Session Present.</summary>
    /// <param name="connect">The CONNECT as the interceptor returned it.</param>
    /// <param name="clientId">The client identifier.</param>
    /// <param name="data">The last Authentication Data of the server; null for none.</param>
    /// <param name="settings">The settings.</param>
    public static ConnAck Accepting(Connect connect, string clientId, MqttBinary? data, MqttServerSettings settings)
    {
        if (connect.Version != MqttVersion.V5)
            return new ConnAck(ReasonCode.Success);
        var asked = connect.Properties?.SessionExpiryInterval ?? 0;
        var expiry = SessionExpiry.Limit(asked, settings);
        var features = settings.Features;
        var keepAlive = ConnectRules.KeepAliveLimit(settings);
        return new ConnAck
        {
            Properties = new ConnAckProperties
            {
                SessionExpiryInterval = expiry == asked ? null : expiry, // U-3.2.2.3.2-1
                ReceiveMaximum = (ushort)settings.ReceiveMaximum,
                MaximumPacketSize = (uint)settings.Connection.MaxPacketSize,
                TopicAliasMaximum = settings.TopicAliasMaximum == 0 ? null : (ushort)settings.TopicAliasMaximum,
                AssignedClientIdentifier = connect.ClientId.Length == 0 ? clientId : null, // [MQTT-3.2.2-16]
                AuthenticationMethod = connect.Properties?.AuthenticationMethod, // [MQTT-4.12.0-5 v5]
                AuthenticationData = data,
                ResponseInformation = connect.Properties?.RequestResponseInformation == true ? settings.ResponseInformation : null, // [MQTT-3.1.2-28]
                MaximumQoS = features.MaximumQoS < QualityOfService.ExactlyOnce ? features.MaximumQoS : null, // [MQTT-3.2.2-9]
                RetainAvailable = features.RetainAvailable ? null : false,
                WildcardSubscriptionAvailable = features.WildcardSubscriptionsAvailable ? null : false,
                SubscriptionIdentifierAvailable = features.SubscriptionIdentifiersAvailable ? null : false,
                SharedSubscriptionAvailable = features.SharedSubscriptionsAvailable ? null : false,
                // [MQTT-3.2.2-21]
                ServerKeepAlive = keepAlive is { } seconds && (connect.KeepAlive == 0 || connect.KeepAlive > seconds) ? seconds : null,
            },
        };
    }

    /// <summary>
    /// The CONNACK that refuses the client; null when its version has no code for the reason. The server then closes the connection
    /// without CONNACK.
    /// </summary>
    /// <param name="connect">The CONNECT.</param>
    /// <param name="reason">Why.</param>
    /// <param name="isFull">Whether the server has reached its limit of connections.</param>
    /// <param name="settings">The settings.</param>
    public static ConnAck? Refusing(Connect connect, ReasonCode reason, bool isFull, MqttServerSettings settings)
    {
        if (connect.Version != MqttVersion.V5)
            return CodeBefore5(reason) is { } code ? new ConnAck(code) : null;
        if (reason == ReasonCode.SessionTakenOver)
            return null; // CONNACK has no such code
        if (!reason.IsAllowed(MqttPacketType.ConnAck, MqttRole.Server) && reason != ReasonCode.ServerShuttingDown)
            reason = ReasonCode.UnspecifiedError;
        var reference = settings.ServerReference;
        // U-4.11-1: a server that has reached its limit or is shutting down names another server, if the settings name one.
        if (reference is not null
            && (reason is ReasonCode.ServerBusy or ReasonCode.ServerUnavailable or ReasonCode.ServerShuttingDown or ReasonCode.ConnectionRateExceeded
                || (reason == ReasonCode.QuotaExceeded && isFull)))
        {
            reason = ReasonCode.UseAnotherServer;
        }
        if (reason == ReasonCode.ServerShuttingDown)
            reason = ReasonCode.ServerUnavailable;
        var bare = new ConnAck(reason);
        var text = ReasonText(reason);
        if (reason is not (ReasonCode.UseAnotherServer or ReasonCode.ServerMoved))
            reference = null;
        if ((text ?? reference) is null)
            return bare;
        var explained = bare with { Properties = new ConnAckProperties { ReasonString = text, ServerReference = reference } };
        return Fits(explained, connect) ? explained : bare; // [MQTT-3.2.2-19 v5]
    }

    /// <summary>Whether a packet is within the Maximum Packet Size of the client [MQTT-3.1.2-24 v5].</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="connect">The CONNECT of the client.</param>
    public static bool Fits(MqttPacket packet, Connect connect) =>
        connect.Properties?.MaximumPacketSize is not { } most
        || (MqttEncoder.TryMeasure(packet, MqttVersion.V5, MqttRole.Server, out var size, out _) && (uint)size <= most);

    /// <summary>The return code of 3.x; null when 3.x has none and the server closes without CONNACK [MQTT-3.2.2-6 v3.1.1].</summary>
    private static ReasonCode? CodeBefore5(ReasonCode reason) => reason switch
    {
        ReasonCode.ServerBusy or ReasonCode.QuotaExceeded or ReasonCode.ConnectionRateExceeded => ReasonCode.ServerUnavailable,
        ReasonCode.Banned => ReasonCode.NotAuthorized,
        ReasonCode.ClientIdentifierNotValid or ReasonCode.ServerUnavailable or ReasonCode.BadUserNameOrPassword or ReasonCode.NotAuthorized => reason,
        _ => null,
    };

    private static string? ReasonText(ReasonCode code) => code switch
    {
        ReasonCode.TopicNameInvalid => "the topic name is too long or has too many levels",
        ReasonCode.ClientIdentifierNotValid => "the client identifier is not accepted",
        ReasonCode.BadAuthenticationMethod => "the authentication method is not supported",
        _ => null,
    };
}
