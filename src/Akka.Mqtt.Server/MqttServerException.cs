namespace Akka.Mqtt.Server;

/// <summary>A server could not start, or refused a message; the message contains the reason.</summary>
public sealed class MqttServerException : Exception
{
    /// <summary>Makes an exception without a message.</summary>
    public MqttServerException()
    {
    }

    /// <summary>Makes an exception.</summary>
    /// <param name="message">What happened.</param>
    public MqttServerException(string message)
        : base(message)
    {
    }

    /// <summary>Makes an exception.</summary>
    /// <param name="message">What happened.</param>
    /// <param name="innerException">The cause, or null.</param>
    public MqttServerException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
