using System.Globalization;
using System.Text;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;
using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt;

/// <summary>Writes what a store gives as text that two of them can be compared by.</summary>
internal static class StoreText
{
    public static string Of(StoredState? stored)
    {
        if (stored is null)
            return "none";
        var state = stored.State;
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{state.Key} owner={state.Owner} over={state.IsOver} epoch={state.Epoch} connected={state.IsConnected} at={state.ChangedAt} expiry={state.Expiry}\n");
        if (state.Will is { } will)
            text.Append(CultureInfo.InvariantCulture, $"will {will.Topic} {will.Payload} {will.QoS} {will.Retain} {will.Properties}\n");
        foreach (var subscription in state.Subscriptions.Values.OrderBy(each => each.Options.Filter, StringComparer.Ordinal))
            text.Append(CultureInfo.InvariantCulture, $"subscription {subscription}\n");
        foreach (var (number, message) in state.Queue)
            text.Append(CultureInfo.InvariantCulture, $"queued {number} {Of(message)}\n");
        for (var at = 0; at < state.InFlight.Count; at++)
            text.Append(CultureInfo.InvariantCulture, $"in flight {stored.InFlight[at]} {state.InFlight[at].Id} {(state.InFlight[at].Message is { } message ? Of(message) : "released")}\n");
        text.Append(CultureInfo.InvariantCulture, $"last {state.LastPacketId} received {string.Join(',', state.Received.Order())}");
        return text.ToString();
    }

    public static string Of(StoredSession session) =>
        $"{session.Session} {session.Key} {session.Owner} {session.Epoch} {string.Join(';', session.Subscriptions.Select(each => each.ToString()).Order(StringComparer.Ordinal))}";

    public static string Of(RetainedRecord record) => $"{Of(record.Packet)} at {record.ReceivedAt} by {record.Publisher} {record.User} {record.Listener}";

    private static string Of(in QueuedMessage message) => $"{Of(message.Packet)} at {message.ReceivedAt} share {message.Share}";

    private static string Of(Publish packet) => $"{packet.Topic} {packet.Payload} {packet.QoS} {packet.Retain} {packet.Dup} {packet.PacketId} [{(packet.Properties == new PublishProperties() ? null : packet.Properties)}]";
}
