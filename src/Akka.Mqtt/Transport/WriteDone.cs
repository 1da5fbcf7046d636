using Akka.Event;
using Akka.IO;

namespace Akka.Mqtt.Transport;

/// <summary>The transport has taken a write.</summary>
internal sealed class WriteDone : Tcp.Event, IDeadLetterSuppression
{
    public static readonly WriteDone Instance = new();
}
