namespace Akka.Mqtt;

/// <summary>Fails a stream when its connection could not be opened, or ended with an error that is not a protocol error.</summary>
public sealed class MqttConnectionException : Exception
{
    internal MqttConnectionException(Mqtt.CommandFailed failed)
        : base(failed.Message, failed.Cause) => Failed = failed;

    internal MqttConnectionException(Mqtt.ErrorClosed closed)
        : base(closed.Message) => Closed = closed;

    /// <summary>The failed command; null when the connection was open.</summary>
    public Mqtt.CommandFailed? Failed { get; }

    /// <summary>The event of the end; null when the connection was never open.</summary>
    public Mqtt.ErrorClosed? Closed { get; }
}
