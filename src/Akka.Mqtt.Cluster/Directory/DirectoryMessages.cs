using Akka.Cluster;
using Akka.Event;
using Akka.Mqtt.Server.Core;

namespace Akka.Mqtt.Cluster.Directory;

/// <summary>What the directories of two nodes tell each other. Each may be lost; whoever waits sends again.</summary>
/// <param name="From">The node that sends it.</param>
internal abstract record DirectoryMessage(UniqueAddress From) : IDeadLetterSuppression;

/// <summary>To a registrar: this node needs a term to claim sessions.</summary>
/// <param name="From">See <see cref="DirectoryMessage.From"/>.</param>
/// <param name="View">The number of the members that it knows: <see cref="Members.Number"/>.</param>
internal sealed record TermWanted(UniqueAddress From, ulong View) : DirectoryMessage(From);

/// <summary>Registrar to node: report the sessions that you have and that I answer for.</summary>
/// <param name="From">See <see cref="DirectoryMessage.From"/>.</param>
/// <param name="View">The members by which it answers for them.</param>
/// <param name="Term">What is claimed from now on has this term; each beginning of a registrar has a higher one.</param>
/// <param name="Part">The part of the report that is to come.</param>
internal sealed record ReportWanted(UniqueAddress From, ulong View, long Term, int Part) : DirectoryMessage(From);

/// <summary>Part of the answer.</summary>
/// <param name="From">See <see cref="DirectoryMessage.From"/>.</param>
/// <param name="Term">The term.</param>
/// <param name="Part">Its number; the first is 0.</param>
/// <param name="IsLast">Whether it is the last.</param>
/// <param name="Sessions">The sessions.</param>
internal sealed record Report(UniqueAddress From, long Term, int Part, bool IsLast, ReportedSession[] Sessions) : DirectoryMessage(From);

/// <summary>A session that a node has, or is moving to itself.</summary>
/// <param name="Key">Which one.</param>
/// <param name="Epoch">The epoch by which it was granted.</param>
/// <param name="IsMoving">Whether the node is fetching it from another one.</param>
internal readonly record struct ReportedSession(SessionKey Key, long Epoch, bool IsMoving);

/// <summary>Node to registrar: clients want these sessions here.</summary>
/// <param name="From">See <see cref="DirectoryMessage.From"/>.</param>
/// <param name="Term">The term.</param>
/// <param name="Sessions">The sessions.</param>
internal sealed record Claims(UniqueAddress From, long Term, SessionClaim[] Sessions) : DirectoryMessage(From);

/// <summary>A session that is claimed.</summary>
/// <param name="Key">Which one.</param>
/// <param name="Request">The number of the claim; one that is sent again has the same.</param>
/// <param name="After">The epoch must be higher than this one.</param>
internal readonly record struct SessionClaim(SessionKey Key, long Request, long After);

/// <summary>Registrar to node: the sessions are yours.</summary>
/// <param name="From">See <see cref="DirectoryMessage.From"/>.</param>
/// <param name="Term">The term.</param>
/// <param name="Sessions">The sessions.</param>
internal sealed record Grants(UniqueAddress From, long Term, Grant[] Sessions) : DirectoryMessage(From);

/// <summary>A session that is granted.</summary>
/// <param name="Key">Which one.</param>
/// <param name="Request">The number of the claim: a grant for an earlier one may come late.</param>
/// <param name="Epoch">The epoch, higher than all before.</param>
/// <param name="Before">The node that has it, and from which it is to be fetched; null for none.</param>
internal readonly record struct Grant(SessionKey Key, long Request, long Epoch, UniqueAddress? Before);

/// <summary>Node to registrar: the sessions were fetched, or are left where they were. Sent again until it is confirmed.</summary>
/// <param name="From">See <see cref="DirectoryMessage.From"/>.</param>
/// <param name="Term">The term.</param>
/// <param name="Sessions">The sessions.</param>
internal sealed record Settled(UniqueAddress From, long Term, SettledSession[] Sessions) : DirectoryMessage(From);

/// <summary>A session whose move is over.</summary>
/// <param name="Key">Which one.</param>
/// <param name="Epoch">The epoch that was granted.</param>
/// <param name="IsTaken">Whether the node has it now.</param>
internal readonly record struct SettledSession(SessionKey Key, long Epoch, bool IsTaken);

/// <summary>Registrar to node: it has heard that.</summary>
/// <param name="From">See <see cref="DirectoryMessage.From"/>.</param>
/// <param name="Sessions">The sessions.</param>
internal sealed record SettledHeard(UniqueAddress From, SettledSession[] Sessions) : DirectoryMessage(From);

/// <summary>Node to registrar: the sessions have ended. May be lost: who claims one then finds that it is not there.</summary>
/// <param name="From">See <see cref="DirectoryMessage.From"/>.</param>
/// <param name="Term">The term.</param>
/// <param name="Sessions">The sessions.</param>
internal sealed record Ended(UniqueAddress From, long Term, KeyEpoch[] Sessions) : DirectoryMessage(From);

/// <summary>Registrar to node: another node has a later life of these sessions. Sent again until the node says <see cref="Ended"/>.</summary>
/// <param name="From">See <see cref="DirectoryMessage.From"/>.</param>
/// <param name="Term">The term.</param>
/// <param name="Sessions">The sessions, each with the epoch of the other node.</param>
internal sealed record Superseded(UniqueAddress From, long Term, KeyEpoch[] Sessions) : DirectoryMessage(From);

/// <summary>A session and an epoch.</summary>
/// <param name="Key">Which session.</param>
/// <param name="Epoch">The epoch.</param>
internal readonly record struct KeyEpoch(SessionKey Key, long Epoch);

/// <summary>Node to the one that has a session: give it up, and send it from a part on. Sent again until the parts come.</summary>
/// <param name="From">See <see cref="DirectoryMessage.From"/>.</param>
/// <param name="Key">Which session.</param>
/// <param name="Epoch">The epoch that was granted to the sender.</param>
/// <param name="User">The user name of the client that wants it; null for an anonymous one.</param>
/// <param name="Discards">Whether it is to be ended instead.</param>
/// <param name="Part">The first part that is missing.</param>
internal sealed record Fetch(UniqueAddress From, SessionKey Key, long Epoch, string? User, bool Discards, int Part) : DirectoryMessage(From);

/// <summary>Answer to <see cref="Fetch"/>.</summary>
/// <param name="From">See <see cref="DirectoryMessage.From"/>.</param>
/// <param name="Key">Which session.</param>
/// <param name="Epoch">The epoch of the fetch.</param>
/// <param name="What">What there is to say.</param>
/// <param name="Part">The number of this part; the first is 0.</param>
/// <param name="Count">How many parts there are.</param>
/// <param name="Content">The part.</param>
internal sealed record SessionPart(UniqueAddress From, SessionKey Key, long Epoch, FetchAnswer What, int Part, int Count, ReadOnlyMemory<byte> Content)
    : DirectoryMessage(From);

/// <summary>What a node says of a session that another one fetches.</summary>
internal enum FetchAnswer : byte
{
    /// <summary>It does not have it.</summary>
    None = 0,

    /// <summary>A part of it.</summary>
    Part = 1,

    /// <summary>It belongs to another user.</summary>
    OtherUser = 2,

    /// <summary>It cannot be moved.</summary>
    Stays = 3,
}

/// <summary>Node that leaves to another one: claim these sessions, as if clients wanted them. May be lost, and is then sent again, perhaps to another node.</summary>
/// <param name="From">See <see cref="DirectoryMessage.From"/>.</param>
/// <param name="Sessions">The sessions.</param>
internal sealed record HandOver(UniqueAddress From, SessionKey[] Sessions) : DirectoryMessage(From);

/// <summary>Node to the one that had a session: all parts are here; forget it. Sent again until it is confirmed.</summary>
/// <param name="From">See <see cref="DirectoryMessage.From"/>.</param>
/// <param name="Key">Which session.</param>
/// <param name="Epoch">The epoch of the fetch.</param>
internal sealed record Fetched(UniqueAddress From, SessionKey Key, long Epoch) : DirectoryMessage(From);

/// <summary>Answer to <see cref="Fetched"/>: the sender has nothing of the session any more, and the other node may use it.</summary>
/// <param name="From">See <see cref="DirectoryMessage.From"/>.</param>
/// <param name="Key">Which session.</param>
/// <param name="Epoch">The epoch of the fetch.</param>
internal sealed record Forgotten(UniqueAddress From, SessionKey Key, long Epoch) : DirectoryMessage(From);
