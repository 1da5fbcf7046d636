namespace Akka.Mqtt;

/// <summary>Dialling, binding or a handshake failed for a reason that we can name; becomes <see cref="Mqtt.CommandFailed"/>.</summary>
internal sealed class TransportException(CommandFailure reason, string message, Exception? inner = null) : Exception(message, inner)
{
    public CommandFailure Reason { get; } = reason;
}
