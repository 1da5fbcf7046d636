using System.Diagnostics;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.ManagedClient;

/// <summary>The spans of published messages, from the command to its outcome. Used when tracing is on.</summary>
internal static class ClientSpans
{
    /// <summary>Makes the current span the parent of a message of a task, unless it has one. Not for 3.x, which cannot transmit it.</summary>
    public static Publish WithParent(Publish packet, MqttClientSettings settings) =>
        settings is { Tracing: true, Version: MqttVersion.V5 } && Activity.Current is { IdFormat: ActivityIdFormat.W3C } current && !MqttTracing.TryExtract(packet, out _)
            ? MqttTracing.Inject(packet, current.Context)
            : packet;

    /// <summary>Starts the span of a message, and adds it to the message as the parent of its receivers' spans.</summary>
    public static Pending Begin(Pending pending, MqttClient.Publish command)
    {
        if (!MqttTracing.IsListening || MqttTracing.StartPublish(command.Packet) is not { } span)
            return pending;
        return pending with { Command = command with { Packet = MqttTracing.Inject(command.Packet, span.Context) }, Span = span };
    }

    /// <summary>Ends the span of a message with its outcome.</summary>
    public static void End(Activity span, MqttClient.Outcome outcome) => MqttTracing.End(span, outcome switch
    {
        MqttClient.Sent or MqttClient.Acked or MqttClient.Stored => null,
        MqttClient.Refused refused => refused.Message,
        MqttClient.Failed failed => failed.Cause.Message,
        _ => "It is unknown whether the server has the message.",
    });
}
