using Akka.Actor;
using Akka.Cluster;
using Akka.Event;
using Akka.Mqtt.Server.Core;

namespace Akka.Mqtt.Cluster.Directory;

/// <summary>
/// A message between nodes about the messages of a session that moves. The links that carry the messages carry it too, so it keeps its
/// place in their order (docs/adr/0024).
/// </summary>
/// <param name="What">The step.</param>
/// <param name="Key">The session.</param>
/// <param name="Epoch">The number of the move: the epoch with which the new place has the session.</param>
/// <param name="Node">See <see cref="MoveStepKind"/>.</param>
/// <param name="To">The new place.</param>
/// <param name="Turn">The number of the turn; 0 for steps without one.</param>
internal sealed record MoveStep(MoveStepKind What, SessionKey Key, long Epoch, UniqueAddress Node, UniqueAddress To, long Turn = 0)
    : INoSerializationVerificationNeeded, IDeadLetterSuppression;

/// <summary>The steps. Their numbers never change.</summary>
internal enum MoveStepKind : byte
{
    /// <summary>New place to all nodes: the session is here, and its filters were sent before. Node: the old place.</summary>
    CutWanted = 1,

    /// <summary>
    /// Node to the old and the new place: messages that I flush with this turn or a later one belong to the new place, the others to the
    /// old one. Node: the sender.
    /// </summary>
    Cut = 2,

    /// <summary>
    /// Node to the old place, which forwards it to the new one: you have all messages of the old place. Node: the node that has sent them.
    /// </summary>
    Passed = 3,

    /// <summary>Node to the new place: you have all messages that I flushed before my cut. Node: the sender.</summary>
    Drained = 4,

    /// <summary>
    /// New place to all nodes: all messages of the move have arrived. Old place to the new one: confirms this (see <see cref="Done"/>).
    /// Node: the old place.
    /// </summary>
    Over = 5,

    /// <summary>
    /// New place to the old one: all messages of the nodes that I know have arrived. The old place answers when all nodes that it knows
    /// have announced their cuts; until then, a node that has just joined may know only the old place. Node: the old place.
    /// </summary>
    Done = 6,
}
