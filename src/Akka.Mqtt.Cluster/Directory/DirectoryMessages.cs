using Akka.Cluster;
using Akka.Event;
using Akka.Mqtt.Server.Core;

namespace Akka.Mqtt.Cluster.Directory;

/// <summary>The messages between the directories of two nodes. Each may be lost; the node that waits for an answer sends again.</summary>
/// <param name="From">The node that sends it.</param>
internal abstract record DirectoryMessage(UniqueAddress From) : IDeadLetterSuppression;

/// <summary>To a registrar: this node needs a term to claim sessions.</summary>
/// <param name="From">See <see cref="DirectoryMessage.From"/>.</param>
/// <param name="View">The number of the list of members that the sender knows: <see cref="Members.Number"/>.</param>
internal sealed record TermWanted(UniqueAddress From, ulong View) : DirectoryMessage(From);

/// <summary>Registrar to node: report the sessions that you have and whose registrar I am.</summary>
/// <param name="From">See <see cref="DirectoryMessage.From"/>.</param>
/// <param name="View">The members from which the registrar follows.</param>
/// <param name="Term">Later claims have this term; each start of a registrar has a higher one.</param>
/// <param name="Part">The requested part of the report.</param>
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
/// <param name="Request">The number of the claim; a repeated claim has the same.</param>
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

/// <summary>Registrar to node: confirms that message.</summary>
/// <param name="From">See <see cref="DirectoryMessage.From"/>.</param>
/// <param name="Sessions">The sessions.</param>
internal sealed record SettledHeard(UniqueAddress From, SettledSession[] Sessions) : DirectoryMessage(From);

/// <summary>Node to registrar: the sessions have ended. May be lost; a node that claims one later finds that it does not exist.</summary>
/// <param name="From">See <see cref="DirectoryMessage.From"/>.</param>
/// <param name="Term">The term.</param>
/// <param name="Sessions">The sessions.</param>
internal sealed record Ended(UniqueAddress From, long Term, KeyEpoch[] Sessions) : DirectoryMessage(From);

/// <summary>
/// Registrar to node: another node has a newer session with this key. Sent again until the node sends <see cref="Ended"/>.
/// </summary>
/// <param name="From">See <see cref="DirectoryMessage.From"/>.</param>
/// <param name="Term">The term.</param>
/// <param name="Sessions">The sessions, each with the epoch of the other node.</param>
internal sealed record Superseded(UniqueAddress From, long Term, KeyEpoch[] Sessions) : DirectoryMessage(From);

/// <summary>A session and an epoch.</summary>
/// <param name="Key">Which session.</param>
/// <param name="Epoch">The epoch.</param>
internal readonly record struct KeyEpoch(SessionKey Key, long Epoch);

/// <summary>To the node that has a session: release it, and send its parts from one on. Sent again until the parts arrive.</summary>
/// <param name="From">See <see cref="DirectoryMessage.From"/>.</param>
/// <param name="Key">Which session.</param>
/// <param name="Epoch">The epoch that was granted to the sender.</param>
/// <param name="User">The user name of the client that wants it; null for an anonymous one.</param>
/// <param name="Discards">Whether the session must end instead.</param>
/// <param name="Part">The first part that is missing.</param>
internal sealed record Fetch(UniqueAddress From, SessionKey Key, long Epoch, string? User, bool Discards, int Part) : DirectoryMessage(From);

/// <summary>Answer to <see cref="Fetch"/>.</summary>
/// <param name="From">See <see cref="DirectoryMessage.From"/>.</param>
/// <param name="Key">Which session.</param>
/// <param name="Epoch">The epoch of the fetch.</param>
/// <param name="What">The kind of answer.</param>
/// <param name="Part">The number of this part; the first is 0.</param>
/// <param name="Count">The number of parts.</param>
/// <param name="Content">The part.</param>
internal sealed record SessionPart(UniqueAddress From, SessionKey Key, long Epoch, FetchAnswer What, int Part, int Count, ReadOnlyMemory<byte> Content)
    : DirectoryMessage(From);

/// <summary>The answer of a node to a fetch.</summary>
internal enum FetchAnswer : byte
{
    /// <summary>The node does not have the session.</summary>
    None = 0,

    /// <summary>A part of the session.</summary>
    Part = 1,

    /// <summary>The session belongs to another user.</summary>
    OtherUser = 2,

    /// <summary>The session cannot be moved.</summary>
    Stays = 3,
}

/// <summary>
/// From a leaving node: claim these sessions, as if clients wanted them. May be lost, and is then sent again, perhaps to another node.
/// </summary>
/// <param name="From">See <see cref="DirectoryMessage.From"/>.</param>
/// <param name="Sessions">The sessions.</param>
internal sealed record HandOver(UniqueAddress From, SessionKey[] Sessions) : DirectoryMessage(From);

/// <summary>To the node that had a session: the sender has all parts; delete it. Sent again until it is confirmed.</summary>
/// <param name="From">See <see cref="DirectoryMessage.From"/>.</param>
/// <param name="Key">Which session.</param>
/// <param name="Epoch">The epoch of the fetch.</param>
internal sealed record Fetched(UniqueAddress From, SessionKey Key, long Epoch) : DirectoryMessage(From);

/// <summary>Answer to <see cref="Fetched"/>: the sender has deleted the session, and the other node may use it.</summary>
/// <param name="From">See <see cref="DirectoryMessage.From"/>.</param>
/// <param name="Key">Which session.</param>
/// <param name="Epoch">The epoch of the fetch.</param>
internal sealed record Forgotten(UniqueAddress From, SessionKey Key, long Epoch) : DirectoryMessage(From);
