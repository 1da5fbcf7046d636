using Akka.Actor;

namespace Akka.Mqtt.ManagedClient;

/// <summary>What the client actor tells itself, most of it by timers. Each is also the key of its timer.</summary>
internal sealed class ClientTick : INoSerializationVerificationNeeded
{
    private ClientTick()
    {
    }

    /// <summary>The next attempt begins.</summary>
    public static ClientTick Next { get; } = new();

    /// <summary>Commands that have waited too long get their outcome.</summary>
    public static ClientTick Late { get; } = new();

    /// <summary>What was in the mailbox has been taken: what has gathered is written. Not of a timer.</summary>
    public static ClientTick Flush { get; } = new();

    /// <summary>The client has waited long enough for outcomes, and stops.</summary>
    public static ClientTick Stop { get; } = new();
}
