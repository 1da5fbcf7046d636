namespace Akka.Mqtt;

/// <summary>
/// The other side could not answer a request, and said so. A responder that throws it tells its message to the requester; of other exceptions the requester is told nothing but that there
/// was one.
/// </summary>
/// <param name="message">What it said.</param>
public sealed class MqttRequestException(string message) : Exception(message);
