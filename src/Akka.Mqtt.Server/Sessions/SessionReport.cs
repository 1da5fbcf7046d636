using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Core;

namespace Akka.Mqtt.Server.Sessions;

/// <summary>Creates the answer of a session to <see cref="MqttServer.InspectClient"/>.</summary>
internal static class SessionReport
{
    public static ClientState Of(SessionCore core, ClientLink? link, SessionCounters counters, ClientWriter writer, bool isSlow, bool isThrottled)
    {
        var outgoing = core.Outgoing;
        return new ClientState(core.Key.ClientId)
        {
            Connection = link?.Info,
            SessionExpiryInterval = core.Expiry,
            HasWill = core.HasWill,
            Subscriptions = MqttList.From(core.Subscriptions.All.Select(each => each.Options)),
            InflightMessages = outgoing.InFlightCount,
            InflightBytes = outgoing.InFlightBytes,
            InflightQuota = outgoing.InFlightQuota,
            UnreleasedMessages = core.UnreleasedCount,
            QueuedMessages = outgoing.QueuedCount,
            QueuedQoS0Messages = outgoing.QueuedQoS0Count,
            QueuedBytes = outgoing.QueuedBytes,
            OutstandingBytes = link is null ? 0 : writer.UnwrittenBytes,
            IsSlow = isSlow,
            IsThrottled = isThrottled,
            MessagesReceived = counters.MessagesReceived,
            MessagesSent = counters.MessagesSent,
            BytesReceived = link?.Transport.BytesReceived ?? 0,
            BytesSent = link?.Transport.BytesSent ?? 0,
            LastPackets = MqttList.From(counters.LastPackets),
        };
    }
}
