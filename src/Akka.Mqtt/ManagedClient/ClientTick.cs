using Akka.Actor;
using Akka.Event;

namespace Akka.Mqtt.ManagedClient;

/// <summary>The messages of the client actor to itself, mostly from timers. Each is also the key of its timer.</summary>
internal sealed class ClientTick : INoSerializationVerificationNeeded, IDeadLetterSuppression
{
    private ClientTick()
    {
    }

    /// <summary>The next attempt begins.</summary>
    public static ClientTick Next { get; } = new();

    /// <summary>Commands that have waited too long get their outcome.</summary>
    public static ClientTick Late { get; } = new();

    /// <summary>Sends the collected output, after the messages that were in the mailbox. Not from a timer.</summary>
    public static ClientTick Flush { get; } = new();

    /// <summary>The client has waited long enough for outcomes, and stops.</summary>
    public static ClientTick Stop { get; } = new();
}
