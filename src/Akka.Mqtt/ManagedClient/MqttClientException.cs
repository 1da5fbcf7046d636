namespace Akka.Mqtt;

/// <summary>A command of <see cref="MqttClient"/> did not succeed.</summary>
public sealed class MqttClientException : Exception
{
    /// <summary>A failure.</summary>
    /// <param name="message">What happened.</param>
    /// <param name="outcome">The outcome of the command; null where connecting failed.</param>
    /// <param name="cause">The cause, where there is one.</param>
    public MqttClientException(string message, MqttClient.Outcome? outcome = null, MqttClient.Cause? cause = null)
        : base(message, cause?.Exception)
    {
        Outcome = outcome;
        Cause = cause;
    }

    /// <summary>The outcome of the command; null where connecting failed.</summary>
    public MqttClient.Outcome? Outcome { get; }

    /// <summary>The cause, where there is one.</summary>
    public MqttClient.Cause? Cause { get; }
}
