namespace Akka.Mqtt.Transport;

/// <summary>A dial was cancelled when some addresses had failed already; the message tells how.</summary>
internal sealed class UnfinishedDialException(string attempts, Exception cause, CancellationToken token)
    : OperationCanceledException(attempts, cause, token);
