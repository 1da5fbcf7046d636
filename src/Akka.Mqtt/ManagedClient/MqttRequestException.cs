namespace Akka.Mqtt;

/// <summary>The other side could not answer a request, and said so.</summary>
/// <param name="message">What it said.</param>
public sealed class MqttRequestException(string message) : Exception(message);
