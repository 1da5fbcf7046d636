using System.Diagnostics.Metrics;

namespace Akka.Mqtt.Telemetry;

/// <summary>
/// The counters of this assembly, on the meter <see cref="MqttExt.MeterName"/>. They are updated per connection or per failure, never per
/// packet, and cost nothing without a listener. No tag contains an address or a client identifier.
/// </summary>
internal static class MqttMeters
{
    private static readonly Meter Meter = new(MqttExt.MeterName);

    private static readonly UpDownCounter<long> Open =
        Meter.CreateUpDownCounter<long>("mqtt.connections.open", "{connection}", "Connections that are open.");

    private static readonly Counter<long> Ended =
        Meter.CreateCounter<long>("mqtt.connections.closed", "{connection}", "Connections that ended, by reason.");

    private static readonly Counter<long> Failed =
        Meter.CreateCounter<long>("mqtt.commands.failed", "{command}", "Commands that failed, by reason.");

    private static readonly Counter<long> Suspended =
        Meter.CreateCounter<long>("mqtt.reading.suspended", "{suspension}", "Times that reading was suspended because the handler was behind.");

    private static readonly Counter<long> Refused =
        Meter.CreateCounter<long>("mqtt.handshakes.failed", "{handshake}", "Accepted clients whose handshake failed, by transport.");

    internal static void ConnectionOpened(TransportInfo transport, Protocol.MqttRole role) => Open.Add(1, Tag(transport), Tag(role));

    internal static void ConnectionClosed(TransportInfo transport, Protocol.MqttRole role, CloseReason reason)
    {
        Open.Add(-1, Tag(transport), Tag(role));
        Ended.Add(1, Tag(transport), Tag(role), new KeyValuePair<string, object?>("reason", reason.ToString()));
    }

    internal static void CommandFailed(CommandFailure reason) => Failed.Add(1, new KeyValuePair<string, object?>("reason", reason.ToString()));

    internal static void ReadingSuspended() => Suspended.Add(1);

    internal static void HandshakeFailed(string transport) => Refused.Add(1, new KeyValuePair<string, object?>("transport", transport));

    private static KeyValuePair<string, object?> Tag(TransportInfo transport) => new("transport", transport.Kind.ToString());

    private static KeyValuePair<string, object?> Tag(Protocol.MqttRole role) => new("role", role.ToString());
}
