using Akka.Actor;
using Akka.Cluster;
using Akka.Event;
using Akka.Mqtt.Server.Core;

namespace Akka.Mqtt.Cluster.Directory;

/// <summary>
/// What nodes tell each other about the messages of a session that moves, on the links that carry the messages, and so in their order (docs/adr/0024).
/// </summary>
/// <param name="What">The step.</param>
/// <param name="Key">The session.</param>
/// <param name="Epoch">The epoch by which its new place has it: the number of the move.</param>
/// <param name="Node">See <see cref="MoveStepKind"/>.</param>
/// <param name="To">The new place.</param>
/// <param name="Turn">The number of the turn; 0 for steps without one.</param>
internal sealed record MoveStep(MoveStepKind What, SessionKey Key, long Epoch, UniqueAddress Node, UniqueAddress To, long Turn = 0)
    : INoSerializationVerificationNeeded, IDeadLetterSuppression;

/// <summary>The steps. What a number means never changes.</summary>
internal enum MoveStepKind : byte
{
    /// <summary>New place to all nodes: the session is here, and its filters were sent before. Node: the old place.</summary>
    CutWanted = 1,

    /// <summary>Node to the old and the new place: what I flush with this turn or a later one belongs to the new place, the rest to the old one. Node: the sender.</summary>
    Cut = 2,

    /// <summary>Node to the old place, and on to the new one: you have all messages of the old place. Node: the node that has sent them.</summary>
    Passed = 3,

    /// <summary>Node to the new place: you have all that I flushed before my cut. Node: the sender.</summary>
    Drained = 4,

    /// <summary>New place to all nodes: everything of the move has come. Old place to the new one: yes, it has (see <see cref="Done"/>). Node: the old place.</summary>
    Over = 5,

    /// <summary>
    /// New place to the old one: everything of the nodes that I know has come. The old place answers when all nodes that it knows have announced their cuts: until
    /// then one that has joined may know the old place only. Node: the old place.
    /// </summary>
    Done = 6,
}
