using System.Runtime.InteropServices;
using Akka.Mqtt.Cluster.Directory;
using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.Cluster.Nodes;

/// <summary>
/// Where the message at hand was on its way to a lost node. When that was the heir of one before, its frame has the frame for the first one inside, and a message is
/// counted in both: whichever of them has committed it, it is not written again. Plain code.
/// </summary>
/// <param name="from">The node that had the messages, as the storage names it.</param>
internal sealed class InheritedPositions(string from)
{
    private readonly List<(InheritedFrame Frame, int Part)> _frames = []; // from outside to inside

    /// <summary>A frame begins, inside the one at hand.</summary>
    public void Begin(InheritedFrame frame) => _frames.Add((frame, 0));

    /// <summary>The frame that was begun last is over.</summary>
    public void End() => _frames.RemoveAt(_frames.Count - 1);

    /// <summary>Counts the next message.</summary>
    /// <param name="inheritance">What is inherited.</param>
    /// <returns>Whether a lost node has committed it.</returns>
    public bool IsNextTaken(Inheritance inheritance)
    {
        var isTaken = false;
        foreach (ref var at in CollectionsMarshal.AsSpan(_frames))
        {
            at.Part++;
            isTaken |= inheritance.IsTaken(at.Frame.Node, from, new LinkPosition(at.Frame.Link, at.Frame.Number, at.Part));
        }
        return isTaken;
    }
}
