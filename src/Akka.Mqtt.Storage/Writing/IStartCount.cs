namespace Akka.Mqtt.Storage.Writing;

/// <summary>Counts the messages that were queued in all sessions when the database was opened; later writes do not matter. Owned by one thread at a time.</summary>
internal interface IStartCount : IDisposable
{
    /// <summary>Counts; it may take as long as reading all deliveries.</summary>
    /// <param name="cancel">Gives up.</param>
    /// <returns>Messages and bytes.</returns>
    (long Messages, long Bytes) Count(CancellationToken cancel);
}
