namespace Akka.Mqtt.Server.Stores;

/// <summary>How far a node has come with what another node sends it.</summary>
/// <param name="Link">The link; a later one of the same node has another number.</param>
/// <param name="Frame">The frame of the link.</param>
/// <param name="Part">The message within the frame; the first is 1.</param>
internal readonly record struct LinkPosition(long Link, long Frame, int Part)
{
    /// <summary>Whether a message was taken already by a node that has come as far as another position.</summary>
    /// <param name="taken">How far the node has come.</param>
    public bool IsWithin(LinkPosition taken) => Link == taken.Link && (Frame < taken.Frame || (Frame == taken.Frame && Part <= taken.Part));
}
