namespace Akka.Mqtt.Server.Sessions;

/// <summary>The limit of Session Expiry Intervals.</summary>
internal static class SessionExpiry
{
    /// <summary>Limits a Session Expiry Interval by the settings; with <see cref="uint.MaxValue"/> a session never expires.</summary>
    /// <param name="seconds">The requested interval, in seconds.</param>
    /// <param name="settings">The settings.</param>
    public static uint Limit(uint seconds, MqttServerSettings settings) =>
        settings.MaxSessionExpiry is { TotalSeconds: var max } && seconds > max ? (uint)max : seconds;
}
