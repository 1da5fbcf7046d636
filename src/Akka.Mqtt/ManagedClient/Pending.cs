using System.Diagnostics;
using Akka.Actor;

namespace Akka.Mqtt.ManagedClient;

/// <summary>A command that is under way, and who gets its outcome; no command for what the client sends by itself.</summary>
/// <param name="Command">The command.</param>
/// <param name="Sender">Who told it.</param>
internal readonly record struct Pending(MqttClient.Command? Command, IActorRef Sender)
{
    /// <summary>Whether a message was sent before: the server may have it, so that only the server can say how it ended.</summary>
    public bool WasSent { get; init; }

    /// <summary>When the client took the command, in milliseconds since the Unix epoch.</summary>
    public long TakenAt { get; init; }

    /// <summary>The number of the message in the queue that survives the process; 0 for what is not in it.</summary>
    public long Number { get; init; }

    /// <summary>Whether the message is in that queue.</summary>
    public bool IsInQueue => Number != 0;

    /// <summary>Whether nobody waits for the outcome any more: the sender was told that the message is stored, or ended with an earlier process.</summary>
    public bool IsStored { get; init; }

    /// <summary>The span that ends with the outcome; null for none.</summary>
    public Activity? Span { get; init; }
}
