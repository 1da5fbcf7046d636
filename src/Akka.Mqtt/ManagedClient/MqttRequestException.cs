namespace Akka.Mqtt;

/// <summary>
/// The responder reported that it could not answer a request. If a responder throws it, the requester receives its message; for other exceptions the
/// requester receives only a general error.
/// </summary>
/// <param name="message">The message of the responder.</param>
public sealed class MqttRequestException(string message) : Exception(message);
