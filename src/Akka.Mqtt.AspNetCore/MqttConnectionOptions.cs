using Akka.Actor;

namespace Akka.Mqtt.AspNetCore;

/// <summary>Options for connections that Kestrel accepts.</summary>
public sealed record MqttConnectionOptions
{
    /// <summary>Settings of the connections; null for <c>akka.mqtt.connection</c>. Default: null.</summary>
    public MqttConnectionSettings? Settings { get; init; }

    /// <summary>
    /// The origins from which browsers may connect, for example <c>https://example.com</c>; empty allows any. Clients that are not
    /// browsers are always allowed. WebSocket only. Default: empty.
    /// </summary>
    public IReadOnlyList<string> AllowedOrigins { get; init; } = [];

    /// <summary>The actor that receives <see cref="Mqtt.Attach"/> instead of <c>Sys.Mqtt()</c>: a probe in tests.</summary>
    internal IActorRef? Manager { get; init; }
}
