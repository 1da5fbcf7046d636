using Akka.Cluster;
using Akka.Event;
using Akka.Mqtt.Server.Directories;

namespace Akka.Mqtt.Cluster.Nodes;

/// <summary>Node to another one: an administrator asks something. Answered by <see cref="NodeTold"/>.</summary>
/// <param name="From">The node that asks.</param>
/// <param name="Number">The number of the question.</param>
/// <param name="Question">The question.</param>
internal sealed record NodeAsked(UniqueAddress From, long Number, NodeQuestion Question) : IDeadLetterSuppression;

/// <summary>The answer.</summary>
/// <param name="From">The node that answers.</param>
/// <param name="Number">See <see cref="NodeAsked.Number"/>.</param>
/// <param name="Reply">The answer.</param>
internal sealed record NodeTold(UniqueAddress From, long Number, NodeReply Reply) : IDeadLetterSuppression;

/// <summary>What an administrator wants of a node.</summary>
internal abstract record NodeQuestion
{
    /// <summary>What do you count? Answered by <see cref="NodeReply.Figures"/>.</summary>
    internal sealed record Report : NodeQuestion;

    /// <summary>Add or remove a ban. Answered by <see cref="NodeReply.Done"/> or <see cref="NodeReply.Refused"/>.</summary>
    /// <param name="Change">What changes.</param>
    internal sealed record Ban(BanChange Change) : NodeQuestion;

    /// <summary>Disconnect your clients and give your sessions away. Answered at once by <see cref="NodeReply.Done"/>.</summary>
    internal sealed record Drain : NodeQuestion;
}

/// <summary>What a node answers.</summary>
internal abstract record NodeReply
{
    /// <summary>What it counts.</summary>
    /// <param name="Value">The figures.</param>
    internal sealed record Figures(NodeFigures Value) : NodeReply;

    /// <summary>It is done.</summary>
    /// <param name="Changed">Whether that has changed anything.</param>
    internal sealed record Done(bool Changed) : NodeReply;

    /// <summary>It was not done.</summary>
    /// <param name="Why">Why not.</param>
    internal sealed record Refused(string Why) : NodeReply;
}
