using Akka.Event;
using Akka.IO;

namespace Akka.Mqtt.Transport;

/// <summary>The transport has taken a write. An event of Akka.IO's <c>Tcp</c>, because its connection actor acknowledges with nothing else.</summary>
internal sealed class WriteDone : Tcp.Event, IDeadLetterSuppression
{
    public static readonly WriteDone Instance = new();
}
