using System.Buffers;
using System.Text;

namespace Akka.Mqtt.Server.Stores;

/// <summary>Passes sessions that were read as objects to an <see cref="IRouteLoad"/>.</summary>
internal static class StoredRoutes
{
    /// <summary>Passes a session with its subscriptions.</summary>
    /// <param name="stored">The session.</param>
    /// <param name="into">Receives it.</param>
    public static void Give(StoredSession stored, IRouteLoad into)
    {
        var (mountPoint, user, clientId) = stored.Key;
        var key = new StoredKey(Encoding.UTF8.GetBytes(clientId))
        {
            MountPoint = mountPoint.Length == 0 ? default : Encoding.UTF8.GetBytes(mountPoint),
            User = user is null ? default : Encoding.UTF8.GetBytes(user),
            HasUser = user is not null,
        };
        into.AddSession(stored.Session, key, stored.Epoch);
        foreach (var subscription in stored.Subscriptions)
        {
            var filter = subscription.Options.Filter;
            var buffer = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(filter.Length));
            var length = Encoding.UTF8.GetBytes(filter, buffer);
            into.AddSubscription(stored.Session, buffer.AsSpan(0, length), StoredOptionsOf.Subscription(subscription), subscription.Identifier);
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
