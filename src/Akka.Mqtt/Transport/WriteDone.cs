using Akka.Event;
using Akka.IO;

namespace Akka.Mqtt.Transport;

/// <summary>
/// The transport has completed a write. It is an event of Akka.IO's <c>Tcp</c>, because its connection actor accepts no other
/// acknowledgement.
/// </summary>
internal sealed class WriteDone : Tcp.Event, IDeadLetterSuppression
{
    public static readonly WriteDone Instance = new();
}
