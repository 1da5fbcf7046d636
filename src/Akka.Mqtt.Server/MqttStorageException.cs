namespace Akka.Mqtt.Server;

/// <summary>A storage cannot be opened or read; the message is one line that names it, the reason, and what to do.</summary>
public sealed class MqttStorageException : Exception
{
    /// <summary>Makes an exception without a message.</summary>
    public MqttStorageException()
    {
    }

    /// <summary>Makes an exception.</summary>
    /// <param name="message">What happened.</param>
    public MqttStorageException(string message)
        : base(message)
    {
    }

    /// <summary>Makes an exception.</summary>
    /// <param name="message">What happened.</param>
    /// <param name="innerException">The cause, or null.</param>
    public MqttStorageException(string message, Exception? innerException)
        : base(message, innerException)
    {
    }
}
