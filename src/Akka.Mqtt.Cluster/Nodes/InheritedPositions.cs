using System.Runtime.InteropServices;
using Akka.Mqtt.Cluster.Directory;
using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.Cluster.Nodes;

/// <summary>
/// The position of the current message on the link to a lost node. If that node was the heir of an earlier lost node, its frame contains the frame
/// for the earlier one. A message is counted in both frames, and is not written again if one of the two nodes has committed it. Plain code.
/// </summary>
/// <param name="from">The name, in the storage, of the node that had the messages.</param>
internal sealed class InheritedPositions(string from)
{
    private readonly List<(InheritedFrame Frame, int Part)> _frames = []; // from outside to inside

    /// <summary>A frame begins, inside the current one.</summary>
    public void Begin(InheritedFrame frame) => _frames.Add((frame, 0));

    /// <summary>The frame that was begun last is over.</summary>
    public void End() => _frames.RemoveAt(_frames.Count - 1);

    /// <summary>Counts the next message.</summary>
    /// <param name="inheritance">What is inherited.</param>
    /// <returns>Whether one of the lost nodes has committed it.</returns>
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
