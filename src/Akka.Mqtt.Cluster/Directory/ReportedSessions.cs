using Akka.Cluster;
using Akka.Mqtt.Server.Core;

namespace Akka.Mqtt.Cluster.Directory;

/// <summary>What a node reports to a registrar.</summary>
internal static class ReportedSessions
{
    /// <summary>The sessions that a node has, or is fetching, and that a registrar answers for.</summary>
    /// <param name="registrar">The registrar.</param>
    /// <param name="members">The members.</param>
    /// <param name="owned">What the node has.</param>
    /// <param name="giving">What it gives to others, which is its own until it has forgotten it.</param>
    /// <param name="wanted">What its clients wait for.</param>
    public static List<ReportedSession> Of(
        UniqueAddress registrar,
        Members members,
        IEnumerable<KeyValuePair<SessionKey, long>> owned,
        IEnumerable<GivenSession> giving,
        IEnumerable<WantedSession> wanted)
    {
        var sessions = new List<ReportedSession>();
        foreach (var (key, epoch) in owned)
            Add(key, epoch, isMoving: false);
        foreach (var each in giving)
            Add(each.Key, each.EpochBefore, isMoving: false);
        foreach (var want in wanted)
        {
            if (want.From is not null)
                Add(want.Key, want.Epoch, isMoving: true);
        }
        return sessions;

        void Add(in SessionKey key, long epoch, bool isMoving)
        {
            if (registrar.Equals(members.RegistrarOf(key)))
                sessions.Add(new ReportedSession(key, epoch, isMoving));
        }
    }
}
