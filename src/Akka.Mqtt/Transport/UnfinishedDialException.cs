namespace Akka.Mqtt.Transport;

/// <summary>A dial was cancelled after some addresses had failed; the message lists the failures.</summary>
internal sealed class UnfinishedDialException(string attempts, Exception cause, CancellationToken token)
    : OperationCanceledException(attempts, cause, token);
