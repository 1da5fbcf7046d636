using Akka.Cluster;
using Akka.Mqtt.Server.Core;

namespace Akka.Mqtt.Cluster.Directory;

/// <summary>The report of a node to a registrar.</summary>
internal static class ReportedSessions
{
    /// <summary>The sessions that a node has or fetches, and for which a registrar is responsible.</summary>
    /// <param name="registrar">The registrar.</param>
    /// <param name="members">The members.</param>
    /// <param name="owned">The sessions of the node.</param>
    /// <param name="giving">The sessions that it gives to others, which count as its own until it has deleted them.</param>
    /// <param name="wanted">The sessions that its clients wait for.</param>
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
