using Akka.Actor;
using Akka.Event;

namespace Akka.Mqtt.Cluster.Directory;

/// <summary>
/// A step by which nodes exchange the messages that they have for a lost node (docs/adr/0027). It is sent on the link that carries the messages,
/// and so keeps its place among them.
/// </summary>
/// <param name="What">The step.</param>
/// <param name="Run">The number of the inheritance; 0 for none.</param>
/// <param name="Turn">The number of the turn; 0 for steps without one.</param>
/// <param name="Nodes">Names of nodes in the storage; empty for steps without nodes.</param>
internal sealed record HeirStep(HeirStepKind What, long Run, long Turn, IReadOnlyList<string> Nodes) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

/// <summary>The steps. These numbers never change their meaning.</summary>
internal enum HeirStepKind : byte
{
    /// <summary>
    /// Node to all: I send messages to these nodes, or keep messages for those of them that are lost. Sent before the first message that these
    /// nodes may get too.
    /// </summary>
    Knows = 1,

    /// <summary>Heir to all: I have the durable sessions of these nodes, and have sent you their filters. Send me your messages for these nodes.</summary>
    Wanted = 2,

    /// <summary>Heir to all: no node needs your messages for these nodes.</summary>
    Unwanted = 3,

    /// <summary>Node to the heir: messages of this turn and later ones come to you straight, because of your filters. Earlier ones come as inheritance.</summary>
    Cut = 4,

    /// <summary>Node to the heir: I have sent all messages that I had for these nodes.</summary>
    End = 5,

    /// <summary>Node to all: these nodes have left in good order, and I have no messages for them.</summary>
    Forgets = 6,
}

/// <summary>A frame that a lost node has not confirmed, for its heir.</summary>
/// <param name="Run">The number of the inheritance.</param>
/// <param name="Node">The name of the lost node in the storage.</param>
/// <param name="Link">The link to the lost node.</param>
/// <param name="Number">The number of the frame on that link.</param>
/// <param name="Content">Its content.</param>
internal sealed record InheritedFrame(long Run, string Node, long Link, long Number, ReadOnlyMemory<byte> Content);
