namespace Akka.Mqtt.Server.Sessions;

/// <summary>The limit of Session Expiry Intervals.</summary>
internal static class SessionExpiry
{
    /// <summary>The interval that the server uses; <see cref="uint.MaxValue"/> never ends.</summary>
    /// <param name="seconds">The interval asked for.</param>
    /// <param name="settings">The settings.</param>
    public static uint Limit(uint seconds, MqttServerSettings settings) =>
        settings.MaxSessionExpiry is { TotalSeconds: var max } && seconds > max ? (uint)max : seconds;
}
