using Akka.Actor;
using Akka.Event;

namespace Akka.Mqtt.Cluster.Directory;

/// <summary>
/// What nodes tell each other about the messages that they have for a lost node, on the links that carry the messages, and so in their order (docs/adr/0027).
/// </summary>
/// <param name="What">The step.</param>
/// <param name="Run">The number of the inheritance; 0 for none.</param>
/// <param name="Turn">The number of the turn; 0 for steps without one.</param>
/// <param name="Nodes">Nodes, as the storage names them; empty for steps without.</param>
internal sealed record HeirStep(HeirStepKind What, long Run, long Turn, IReadOnlyList<string> Nodes) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

/// <summary>The steps. What a number means never changes.</summary>
internal enum HeirStepKind : byte
{
    /// <summary>Node to all: I send messages to these nodes, or keep messages for them since they are lost. Before the first message that they may get too.</summary>
    Knows = 1,

    /// <summary>Heir to all: I have the durable sessions of these nodes, and their filters were sent before. Send me what you have for them.</summary>
    Wanted = 2,

    /// <summary>Heir to all: nobody needs what you have for these nodes.</summary>
    Unwanted = 3,

    /// <summary>Node to the heir: what I flush with this turn or a later one comes to you for your own filters, what I flushed before as inheritance.</summary>
    Cut = 4,

    /// <summary>Node to the heir: you have all that I had.</summary>
    End = 5,

    /// <summary>Node to all: these nodes have left in good order, and I have nothing for them.</summary>
    Forgets = 6,
}

/// <summary>A frame that a lost node has not confirmed, for its heir.</summary>
/// <param name="Run">The number of the inheritance.</param>
/// <param name="Node">The lost node, as the storage names it.</param>
/// <param name="Link">The link to the lost node.</param>
/// <param name="Number">The number of the frame on that link.</param>
/// <param name="Content">What it carries.</param>
internal sealed record InheritedFrame(long Run, string Node, long Link, long Number, ReadOnlyMemory<byte> Content);
