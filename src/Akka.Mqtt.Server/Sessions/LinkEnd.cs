using Akka.Event;
using Akka.Mqtt.Logs;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.PacketRules;
using Akka.Mqtt.Server.Shared;
using Akka.Mqtt.Server.Telemetry;

namespace Akka.Mqtt.Server.Sessions;

/// <summary>Creates the log line and the packet with which the server ends a connection.</summary>
internal static class LinkEnd
{
    /// <summary>Counts and logs the reason for which the server ends a connection.</summary>
    public static void Log(ServerContext context, string clientId, ClientLink link, ReasonCode reason, string? detail, Exception? cause)
    {
        switch (reason)
        {
            case ReasonCode.SessionTakenOver or ReasonCode.ServerShuttingDown:
                context.Log.Debug("{ClientId} at {Transport} is disconnected: {Reason}", clientId, link.Transport, reason);
                break;
            case ReasonCode.AdministrativeAction:
                context.Log.Info("{ClientId} at {Transport} is disconnected: {Reason}", clientId, link.Transport, reason);
                break;
            default:
                context.Stats.AddRefusal(Refused.Connection, reason);
                var kind = cause is null ? RefusalKind.Disconnect : RefusalKind.Fault;
                var level = context.Refusals.Level(kind, link.Transport.RemoteAddress, context.Log);
                context.Log.Write(
                    level,
                    cause,
                    "{ClientId} at {Transport} is disconnected: {Reason}{Detail}",
                    clientId,
                    link.Transport,
                    reason,
                    detail is null ? "" : $" ({detail})");
                break;
        }
    }

    /// <summary>
    /// Creates the DISCONNECT with the reason code, and with a reason string if the client accepts one and it fits [MQTT-3.14.2-3 v5].
    /// </summary>
    public static Disconnect Disconnect(ServerContext context, ClientLink link, ReasonCode reason, string? detail)
    {
        var reference = context.Settings.ServerReference;
        // U-4.11-1 v5: a server that has reached its limit or is shutting down names another server, if the settings name one.
        if (reference is not null && reason is ReasonCode.ServerBusy or ReasonCode.ServerShuttingDown or ReasonCode.ConnectionRateExceeded)
            reason = ReasonCode.UseAnotherServer;
        else if (reason == ReasonCode.ServerShuttingDown && context is { Owners.HasOthers: true } and ({ Engine: null } or { Engine.Shared: not null }))
            reason = ReasonCode.UseAnotherServer; // other nodes of the cluster can take over its session, unless it is in a storage of this node only
        var packet = new Disconnect(reason);
        var text = link.WantsReasons ? detail ?? Reasons.Text(reason) : null;
        if (reason is not (ReasonCode.UseAnotherServer or ReasonCode.ServerMoved))
            reference = null;
        if (text is null && reference is null)
            return packet;
        var explained = packet with { Properties = new DisconnectProperties { ReasonString = text, ServerReference = reference } };
        return Reasons.Fits(explained, link.MaximumPacketSize) ? explained : packet;
    }

    /// <summary>Creates the message of a will.</summary>
    public static Publish Message(Will will) => new(will.Topic, will.Payload)
    {
        QoS = will.QoS,
        Retain = will.Retain, // [MQTT-3.1.2-14 v5] [MQTT-3.1.2-15 v5] [MQTT-3.1.2-16 v3.1.1] [MQTT-3.1.2-17 v3.1.1]
        Properties = will.Properties is not { } properties ? null : new PublishProperties
        {
            PayloadFormatIndicator = properties.PayloadFormatIndicator,
            MessageExpiryInterval = properties.MessageExpiryInterval,
            ContentType = properties.ContentType,
            ResponseTopic = properties.ResponseTopic,
            CorrelationData = properties.CorrelationData,
            UserProperties = properties.UserProperties, // [MQTT-3.1.3-10 v5]
        },
    };
}
