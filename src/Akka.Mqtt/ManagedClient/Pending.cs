using System.Diagnostics;
using Akka.Actor;

namespace Akka.Mqtt.ManagedClient;

/// <summary>A command that is under way, and the receiver of its outcome; without a command for packets that the client sends by itself.</summary>
/// <param name="Command">The command.</param>
/// <param name="Sender">Its sender.</param>
internal readonly record struct Pending(MqttClient.Command? Command, IActorRef Sender)
{
    /// <summary>Whether a message was sent before: the server may have it, so only the server can decide its outcome.</summary>
    public bool WasSent { get; init; }

    /// <summary>When the client took the command, in milliseconds since the Unix epoch.</summary>
    public long TakenAt { get; init; }

    /// <summary>The number of the message in the queue that survives the process; 0 for what is not in it.</summary>
    public long Number { get; init; }

    /// <summary>Whether the message is in that queue.</summary>
    public bool IsInQueue => Number != 0;

    /// <summary>Whether the outcome is no longer needed, because the sender has received Stored, or ended with an earlier process.</summary>
    public bool IsStored { get; init; }

    /// <summary>The span that ends with the outcome; null for none.</summary>
    public Activity? Span { get; init; }
}
