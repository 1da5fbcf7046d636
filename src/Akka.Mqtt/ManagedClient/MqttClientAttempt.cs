namespace Akka.Mqtt;

/// <summary>What <see cref="MqttClientSettings.OnAttempt"/> is told about the attempt that is about to begin.</summary>
/// <param name="Settings">The settings of the client; return these, or these with fresh credentials.</param>
/// <param name="Server">Which server will be dialled.</param>
/// <param name="Attempt">1 for the first attempt since the last stable connection.</param>
/// <param name="LastCause">Why the last attempt or connection ended; null for the first.</param>
public sealed record MqttClientAttempt(MqttClientSettings Settings, Uri Server, int Attempt, MqttClient.Cause? LastCause);
