namespace Akka.Mqtt.Server.Stores;

/// <summary>The position of a message on the link from one node to another.</summary>
/// <param name="Link">The link; a later one of the same node has another number.</param>
/// <param name="Frame">The frame of the link.</param>
/// <param name="Part">The message within the frame; the first is 1.</param>
internal readonly record struct LinkPosition(long Link, long Frame, int Part)
{
    /// <summary>Whether a message at this position is committed.</summary>
    /// <param name="taken">The last committed position.</param>
    public bool IsWithin(LinkPosition taken) => Link == taken.Link && (Frame < taken.Frame || (Frame == taken.Frame && Part <= taken.Part));
}
