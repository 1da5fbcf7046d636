namespace Akka.Mqtt.Cluster.Nodes;

/// <summary>
/// Counts the resend-intervals of a link. It decides when to ask the node which frames it lacks, and when to log that the node never
/// answered. Owned by the link.
/// </summary>
internal sealed class LinkWatch
{
    // The number of resend-intervals after which an idle link asks whether the node has all frames.
    private const int IdleIntervals = 10;

    // The number of resend-intervals without an answer to the first OpenLink after which a warning is logged.
    private const int IntervalsBeforeWarning = 10;

    private int _idle; // intervals without frames to send
    private int _unanswered; // intervals before the node has opened the link for the first time
    private bool _hasProgress; // a frame was confirmed in this interval

    /// <summary>The node has confirmed a frame.</summary>
    public void Progress() => _hasProgress = true;

    /// <summary>An interval is over.</summary>
    /// <param name="waits">Whether frames wait for their confirmation, or the link is not open yet.</param>
    /// <returns>Whether to ask the node which frames it lacks.</returns>
    public bool MustAsk(bool waits)
    {
        var mayLack = waits || ++_idle % IdleIntervals == 0;
        var asks = mayLack && !_hasProgress;
        _hasProgress = false;
        return asks;
    }

    /// <summary>An interval is over in which the node could be reached, and the link was not open.</summary>
    /// <returns>True once, when the number of such intervals justifies a warning.</returns>
    public bool IsUnansweredTooLong() => ++_unanswered == IntervalsBeforeWarning;
}
