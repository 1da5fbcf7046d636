using Akka.Actor;
using Akka.Cluster;
using Akka.Event;

namespace Akka.Mqtt.Cluster.Directory;

/// <summary>The messages between the directory actor and the cluster actor, and those of the directory actor to itself.</summary>
internal static class DirectoryEvents
{
    /// <summary>From the cluster actor: the members.</summary>
    /// <param name="Members">All of them.</param>
    /// <param name="Departed">
    /// Nodes that have left in good order. Other members have their sessions already, so no node adopts them.
    /// </param>
    internal sealed record MembersChanged(UniqueAddress[] Members, UniqueAddress[] Departed) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    /// <summary>From the cluster actor: the filters of all members are known, so clients may receive their sessions.</summary>
    internal sealed class Joined : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly Joined Instance = new();
    }

    /// <summary>
    /// From the cluster actor: this node leaves, so the other members must take its sessions. Answered with <see cref="HandedOver"/>,
    /// perhaps more than once.
    /// </summary>
    internal sealed class HandOverAll : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly HandOverAll Instance = new();
    }

    /// <summary>To the cluster actor: no session that another node could take is left here, nor messages of one.</summary>
    internal sealed class HandedOver : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly HandedOver Instance = new();
    }

    /// <summary>To itself: time has passed.</summary>
    internal sealed class Tick : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly Tick Instance = new();
    }

    /// <summary>To itself: send the collected messages.</summary>
    internal sealed class Flush : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly Flush Instance = new();
    }

    /// <summary>To itself: ask the database for which sessions no other node writes any more.</summary>
    internal sealed class SettledTick : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly SettledTick Instance = new();
    }

    /// <summary>To itself: the lease of this node is lost.</summary>
    internal sealed class Fenced : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly Fenced Instance = new();
    }

    /// <summary>To itself: the durable sessions of this node are loaded.</summary>
    internal sealed class Loaded : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly Loaded Instance = new();
    }
}
