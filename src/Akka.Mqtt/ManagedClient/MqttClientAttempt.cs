namespace Akka.Mqtt;

/// <summary>The next attempt, for <see cref="MqttClientSettings.OnAttempt"/>.</summary>
/// <param name="Settings">The settings of the client; return these, or a copy with new credentials.</param>
/// <param name="Server">The server that will be dialled.</param>
/// <param name="Attempt">1 for the first attempt since the last stable connection.</param>
/// <param name="LastCause">Why the last attempt or connection ended; null for the first.</param>
public sealed record MqttClientAttempt(MqttClientSettings Settings, Uri Server, int Attempt, MqttClient.Cause? LastCause);
