using Akka.Actor;
using Akka.Cluster;
using Akka.Event;

namespace Akka.Mqtt.Cluster.Directory;

/// <summary>What the directory actor and the cluster actor tell each other, and the directory actor itself.</summary>
internal static class DirectoryEvents
{
    /// <summary>From the cluster actor: the members.</summary>
    /// <param name="Members">All of them.</param>
    /// <param name="Departed">Nodes that have left in good order: other members have their sessions, so nobody adopts them.</param>
    internal sealed record MembersChanged(UniqueAddress[] Members, UniqueAddress[] Departed) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

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

    /// <summary>To itself: time has passed.</summary>
    internal sealed class Tick : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly Tick Instance = new();
    }

    /// <summary>To itself: send what was gathered.</summary>
    internal sealed class Flush : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly Flush Instance = new();
    }

    /// <summary>To itself: ask the database which sessions no other node writes for any more.</summary>
    internal sealed class SettledTick : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly SettledTick Instance = new();
    }

    /// <summary>To itself: the lease of this node is lost.</summary>
    internal sealed class Fenced : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly Fenced Instance = new();
    }

    /// <summary>To itself: the durable sessions of this node are known.</summary>
    internal sealed class Loaded : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly Loaded Instance = new();
    }
}
