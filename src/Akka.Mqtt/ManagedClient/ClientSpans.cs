using System.Diagnostics;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.ManagedClient;

/// <summary>The spans of messages that a client publishes: from the command to its outcome. Used when tracing is on.</summary>
internal static class ClientSpans
{
    /// <summary>Gives a message of a task the current span as its parent, unless it has one. 3.x has no place for it.</summary>
    public static Publish WithParent(Publish packet, MqttClientSettings settings) =>
        settings is { Tracing: true, Version: MqttVersion.V5 } && Activity.Current is { IdFormat: ActivityIdFormat.W3C } current && !MqttTracing.TryExtract(packet, out _)
            ? MqttTracing.Inject(packet, current.Context)
            : packet;

    /// <summary>Starts the span of a message, and puts it into the message as the parent of what its receivers do.</summary>
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
        _ => "Nobody knows whether the server has the message.",
    });
}
