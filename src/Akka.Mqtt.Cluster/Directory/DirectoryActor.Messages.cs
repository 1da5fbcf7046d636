using Akka.Actor;
using Akka.Cluster;
using Akka.Event;

namespace Akka.Mqtt.Cluster.Directory;

/// <summary>What the directory is told, beside <see cref="DirectoryMessage"/>.</summary>
internal sealed partial class DirectoryActor
{
    /// <summary>From the cluster actor: the members.</summary>
    internal sealed record MembersChanged(UniqueAddress[] Members) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    /// <summary>From the cluster actor: the filters of all members are known, so clients get their sessions.</summary>
    internal sealed class Joined : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly Joined Instance = new();
    }

    /// <summary>From the cluster actor: this node leaves, so the other members are to get its sessions. Answered <see cref="HandedOver"/>, perhaps more than once.</summary>
    internal sealed class HandOverAll : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly HandOverAll Instance = new();
    }

    /// <summary>To the cluster actor: there is no session here any more that another node could take, and no messages of one.</summary>
    internal sealed class HandedOver : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly HandedOver Instance = new();
    }

    private sealed class Tick : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly Tick Instance = new();
    }

    private sealed class Flush : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly Flush Instance = new();
    }

    private sealed class SettledTick : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly SettledTick Instance = new();
    }

    private sealed class Fenced : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly Fenced Instance = new();
    }

    private sealed class Loaded : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly Loaded Instance = new();
    }
}
