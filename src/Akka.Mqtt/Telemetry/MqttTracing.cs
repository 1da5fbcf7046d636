using System.Diagnostics;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt;

/// <summary>
/// Traces of messages by the messaging conventions of OpenTelemetry, with the activity source <see cref="Name"/>. The user properties
/// <c>traceparent</c> and <c>tracestate</c> of MQTT 5.0 contain the context of a trace, as W3C Trace Context defines them. A client adds
/// it to the messages that it publishes when its setting <c>tracing</c> is on. Without a listener for the source no spans are created.
/// Thread safe.
/// </summary>
public static class MqttTracing
{
    /// <summary>The name of the activity source: <c>AddSource(MqttTracing.Name)</c> of the OpenTelemetry SDK.</summary>
    public const string Name = "Akka.Mqtt";

    private const string TraceParent = "traceparent";
    private const string TraceState = "tracestate";

    private static readonly ActivitySource Source = new(Name);

    /// <summary>Whether the source has a listener.</summary>
    internal static bool IsListening => Source.HasListeners();

    /// <summary>Puts the context of a trace into a message, replacing an existing one.</summary>
    /// <param name="packet">The message.</param>
    /// <param name="context">The context, such as that of <see cref="Activity.Current"/>. A default one changes nothing.</param>
    /// <returns>The message with the two user properties.</returns>
    public static Publish Inject(Publish packet, ActivityContext context)
    {
        ArgumentNullException.ThrowIfNull(packet);
        if (context == default)
            return packet;
        var properties = packet.Properties ?? new PublishProperties();
        var all = new List<UserProperty>(properties.UserProperties.Count + 2);
        foreach (var property in properties.UserProperties)
        {
            if (property.Name is not (TraceParent or TraceState))
                all.Add(property);
        }
        var flags = (context.TraceFlags & ActivityTraceFlags.Recorded) == 0 ? "00" : "01";
        all.Add(new UserProperty(TraceParent, $"00-{context.TraceId.ToHexString()}-{context.SpanId.ToHexString()}-{flags}"));
        if (context.TraceState is { Length: > 0 } state)
            all.Add(new UserProperty(TraceState, state));
        return packet with { Properties = properties with { UserProperties = MqttList.From(all) } };
    }

    /// <summary>The context of the trace that a message belongs to.</summary>
    /// <param name="packet">The message.</param>
    /// <param name="context">The context.</param>
    /// <returns>Whether the message has a valid context.</returns>
    public static bool TryExtract(Publish packet, out ActivityContext context)
    {
        ArgumentNullException.ThrowIfNull(packet);
        context = default;
        if (packet.Properties is not { UserProperties: { IsEmpty: false } properties })
            return false;
        string? parent = null, state = null;
        foreach (var property in properties)
        {
            if (property.Name == TraceParent)
                parent = property.Value;
            else if (property.Name == TraceState)
                state = property.Value;
        }
        return parent is not null && ActivityContext.TryParse(parent, state, isRemote: true, out context);
    }

    /// <summary>
    /// Starts the span for handling a received message, as a child of the span that published it, and makes it
    /// <see cref="Activity.Current"/>. Dispose it when the message is handled. Lanes and responders do this themselves; call it in
    /// handlers that are actors, in loops over <c>SubscribeAsync</c> and in streams.
    /// </summary>
    /// <param name="packet">The message.</param>
    /// <returns>The span; null when the source has no listener.</returns>
    public static Activity? StartProcessing(Publish packet)
    {
        ArgumentNullException.ThrowIfNull(packet);
        return IsListening ? Start("process", ActivityKind.Consumer, packet) : null;
    }

    /// <summary>Starts the span for publishing a message, without making it the current one. End it with <see cref="End"/>.</summary>
    /// <param name="packet">The message, with the context of its parent if it has one.</param>
    /// <returns>The span; null when no listener wants it.</returns>
    internal static Activity? StartPublish(Publish packet) => StartAside("publish", ActivityKind.Producer, packet);

    /// <summary>Starts the span of a message in the server, without making it the current one.</summary>
    /// <param name="packet">The message.</param>
    /// <returns>The span; null when the message has no context, or no listener wants it.</returns>
    internal static Activity? StartRouting(Publish packet) => TryExtract(packet, out _) ? StartAside("route", ActivityKind.Server, packet) : null;

    /// <summary>Ends a span.</summary>
    /// <param name="span">The span.</param>
    /// <param name="failure">The error; null for success.</param>
    internal static void End(Activity span, string? failure)
    {
        if (failure is not null)
            span.SetStatus(ActivityStatusCode.Error, failure);
        var current = Activity.Current;
        span.Dispose(); // changes the current activity
        Activity.Current = current;
    }

    private static Activity? StartAside(string operation, ActivityKind kind, Publish packet)
    {
        var current = Activity.Current;
        Activity.Current = null; // the current activity of an actor's thread belongs to other work and must not become the parent
        var span = Start(operation, kind, packet);
        Activity.Current = current;
        return span;
    }

    private static Activity? Start(string operation, ActivityKind kind, Publish packet)
    {
        var span = Source.StartActivity(operation, kind, TryExtract(packet, out var parent) ? parent : default);
        if (span is { IsAllDataRequested: true })
        {
            // https://opentelemetry.io/docs/specs/semconv/messaging/messaging-spans/
            span.SetTag("messaging.system", "mqtt");
            span.SetTag("messaging.operation.name", operation);
            if (kind != ActivityKind.Server)
                span.SetTag("messaging.operation.type", kind == ActivityKind.Producer ? "send" : "process");
            span.SetTag("messaging.destination.name", packet.Topic);
            span.SetTag("messaging.message.body.size", packet.Payload.Length);
        }
        return span;
    }
}
