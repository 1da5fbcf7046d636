using Akka.Cluster;
using Akka.Event;
using Akka.Mqtt.Server.Directories;

namespace Akka.Mqtt.Cluster.Nodes;

/// <summary>A question of an administrator to another node. Answered with <see cref="NodeTold"/>.</summary>
/// <param name="From">The node that asks.</param>
/// <param name="Number">The number of the question.</param>
/// <param name="Question">The question.</param>
internal sealed record NodeAsked(UniqueAddress From, long Number, NodeQuestion Question) : IDeadLetterSuppression;

/// <summary>The answer.</summary>
/// <param name="From">The node that answers.</param>
/// <param name="Number">See <see cref="NodeAsked.Number"/>.</param>
/// <param name="Reply">The answer.</param>
internal sealed record NodeTold(UniqueAddress From, long Number, NodeReply Reply) : IDeadLetterSuppression;

/// <summary>The questions and requests of an administrator to a node.</summary>
internal abstract record NodeQuestion
{
    /// <summary>Asks for the counters. Answered with <see cref="NodeReply.Figures"/>.</summary>
    internal sealed record Report : NodeQuestion;

    /// <summary>Add or remove a ban. Answered with <see cref="NodeReply.Done"/> or <see cref="NodeReply.Refused"/>.</summary>
    /// <param name="Change">The change.</param>
    internal sealed record Ban(BanChange Change) : NodeQuestion;

    /// <summary>Asks for a page of the bans. Answered with <see cref="NodeReply.Bans"/>.</summary>
    /// <param name="From">The number of the first ban of the page; 0 for the first page.</param>
    internal sealed record Bans(int From) : NodeQuestion;

    /// <summary>Disconnect your clients and hand your sessions over. Answered at once with <see cref="NodeReply.Done"/>.</summary>
    internal sealed record Drain : NodeQuestion;
}

/// <summary>The answers of a node.</summary>
internal abstract record NodeReply
{
    /// <summary>Its counters.</summary>
    /// <param name="Value">The figures.</param>
    internal sealed record Figures(NodeFigures Value) : NodeReply;

    /// <summary>A page of its bans.</summary>
    /// <param name="All">The bans. <see cref="BanChange.Seconds"/> is what is left of their durations.</param>
    /// <param name="Next">The number of the first ban of the next page; 0 when this is the last page.</param>
    internal sealed record Bans(IReadOnlyList<BanChange> All, int Next) : NodeReply;

    /// <summary>The request was carried out.</summary>
    /// <param name="Changed">Whether it has changed anything.</param>
    internal sealed record Done(bool Changed) : NodeReply;

    /// <summary>The request was refused.</summary>
    /// <param name="Why">The reason.</param>
    internal sealed record Refused(string Why) : NodeReply;
}
