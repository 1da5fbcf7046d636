namespace Akka.Mqtt.Server.Core;

/// <summary>
/// Receives the events of one session as they happen. A session without a recorder creates no event objects. Only the owner of the session
/// calls it. An event is safe when the receipt of the store is complete.
/// </summary>
internal interface ISessionRecorder
{
    /// <summary>Receives an event.</summary>
    /// <param name="happened">The event.</param>
    void Record(SessionEvent happened);
}
