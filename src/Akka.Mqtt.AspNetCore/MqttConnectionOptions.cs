using Akka.Actor;

namespace Akka.Mqtt.AspNetCore;

/// <summary>How connections that Kestrel accepts become MQTT connections.</summary>
public sealed record MqttConnectionOptions
{
    /// <summary>Settings of the connections; null takes <c>akka.mqtt.connection</c>. Default: null.</summary>
    public MqttConnectionSettings? Settings { get; init; }

    /// <summary>
    /// Origins that browsers may connect from, for example <c>https://example.com</c>; empty allows any, and so does a client that is no
    /// browser. WebSocket only. Default: empty.
    /// </summary>
    public IReadOnlyList<string> AllowedOrigins { get; init; } = [];

    /// <summary>Who gets <see cref="Mqtt.Attach"/> instead of <c>Sys.Mqtt()</c>: a probe in tests.</summary>
    internal IActorRef? Manager { get; init; }
}
