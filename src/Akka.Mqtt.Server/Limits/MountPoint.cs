using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server.Limits;

/// <summary>Puts a mount point before topics and filters of a client, and takes it off again.</summary>
internal static class MountPoint
{
    /// <summary>The filter of a subscription below the mount point; of a shared one, the filter of the group is.</summary>
    /// <param name="mountPoint">The mount point.</param>
    /// <param name="filter">The filter as the client knows it.</param>
    /// <param name="knowsShared">Whether <c>$share/</c> means something to the client.</param>
    public static string Put(string mountPoint, string filter, bool knowsShared) =>
        knowsShared && SharedFilter.TryParse(filter, out var shared) ? $"$share/{shared.ShareName}/{mountPoint}{shared.Filter}" : mountPoint + filter;

    /// <summary>The topic as the client knows it.</summary>
    public static string Strip(string mountPoint, string topic) =>
        topic.Length > mountPoint.Length && topic.StartsWith(mountPoint, StringComparison.Ordinal) ? topic[mountPoint.Length..] : topic;
}
