namespace Akka.Mqtt.Server.Core;

/// <summary>
/// Takes the events of one session as they happen. A session without a recorder makes no event: that is the null recorder. Called by the owner of the
/// session; what it takes is safe once the receipt of its store says so.
/// </summary>
internal interface ISessionRecorder
{
    /// <summary>Takes an event.</summary>
    /// <param name="happened">The event.</param>
    void Record(SessionEvent happened);
}
