using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server.Limits;

/// <summary>Puts a mount point in front of topics and filters of a client, and removes it again.</summary>
internal static class MountPoint
{
    /// <summary>
    /// The filter of a subscription with the mount point. In a shared subscription the mount point is put in front of the filter after the
    /// group name.
    /// </summary>
    /// <param name="mountPoint">The mount point; empty for none.</param>
    /// <param name="filter">The filter as the client knows it.</param>
    /// <param name="knowsShared">Whether the client can use shared subscriptions (<c>$share/</c>).</param>
    public static string Put(string mountPoint, string filter, bool knowsShared) =>
        knowsShared && SharedFilter.TryParse(filter, out var shared) ? $"$share/{shared.ShareName}/{mountPoint}{shared.Filter}" : mountPoint + filter;

    /// <summary>Removes the mount point: the topic as the client knows it.</summary>
    public static string Strip(string mountPoint, string topic) =>
        topic.Length > mountPoint.Length && topic.StartsWith(mountPoint, StringComparison.Ordinal) ? topic[mountPoint.Length..] : topic;
}
