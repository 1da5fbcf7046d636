namespace Akka.Mqtt.Cluster.Nodes;

/// <summary>Counts the resend-intervals of a link: when to ask the node what it lacks, and when to say that it never answered. Owned by the link.</summary>
internal sealed class LinkWatch
{
    // How often a link that has nothing to send asks whether the node has all of it: each so many resend-intervals.
    private const int IdleIntervals = 10;

    // After so many resend-intervals without an answer to the first OpenLink, somebody should know.
    private const int IntervalsBeforeWarning = 10;

    private int _idle; // intervals without anything to send
    private int _unanswered; // intervals before the node has opened the link for the first time
    private bool _hasProgress; // a frame was confirmed in this interval

    /// <summary>The node has confirmed a frame.</summary>
    public void Progress() => _hasProgress = true;

    /// <summary>An interval is over.</summary>
    /// <param name="waits">Whether frames wait for their confirmation, or the link is not open yet.</param>
    /// <returns>Whether the node is to be asked what it lacks.</returns>
    public bool MustAsk(bool waits)
    {
        var mayLack = waits || ++_idle % IdleIntervals == 0;
        var asks = mayLack && !_hasProgress;
        _hasProgress = false;
        return asks;
    }

    /// <summary>An interval is over in which the node could be reached, and the link was not open.</summary>
    /// <returns>True once, after so many that somebody should know.</returns>
    public bool IsUnansweredTooLong() => ++_unanswered == IntervalsBeforeWarning;
}
