namespace Akka.Mqtt;

/// <summary>What fails a stream when its connection could not be made, or ended on an error that is not the protocol's.</summary>
public sealed class MqttConnectionException : Exception
{
    internal MqttConnectionException(Mqtt.CommandFailed failed)
        : base(failed.Message, failed.Cause) => Failed = failed;

    internal MqttConnectionException(Mqtt.ErrorClosed closed)
        : base(closed.Message) => Closed = closed;

    /// <summary>The command that failed, if it was that.</summary>
    public Mqtt.CommandFailed? Failed { get; }

    /// <summary>How the connection ended, if it was that.</summary>
    public Mqtt.ErrorClosed? Closed { get; }
}
