using System.Runtime.CompilerServices;
using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.Storage.Sqlite;

/// <summary>Reads the data of all sessions that routing needs, directly from the pages and without copies.</summary>
internal static class SqliteRoutes
{
    private const int CheckCancelEvery = 1024;

    /// <summary>Reads all sessions.</summary>
    /// <param name="connection">A connection that reads.</param>
    /// <param name="into">Takes them.</param>
    /// <param name="cancel">Gives up.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)] // it is called only once, so tiered compilation would not optimize it in time
    public static void Load(SqliteConnection connection, IRouteLoad into, CancellationToken cancel)
    {
        connection.Execute("BEGIN"); // both statements see the same snapshot
        var sessions = connection.Prepare(
            "SELECT id, epoch, client_id, mount_point = '' AND user_name IS NULL, mount_point, user_name FROM session ORDER BY id");
        var subscriptions = connection.Prepare(
            "SELECT session, filter, qos, no_local, retain_as_published, shared, identifier FROM subscription ORDER BY session");
        var next = subscriptions.Step() ? subscriptions.Long(0) : long.MaxValue;
        for (var count = 0; sessions.Step(); count++)
        {
            if (count % CheckCancelEvery == 0)
                cancel.ThrowIfCancellationRequested();
            var id = sessions.Long(0);
            into.AddSession(id, KeyOf(sessions), sessions.Long(1));
            while (next <= id)
            {
                if (next == id)
                {
                    var options = StoredOptionsOf.Columns(
                        subscriptions.Int(2), subscriptions.Int(3) != 0, subscriptions.Int(4) != 0, subscriptions.Int(5) != 0);
                    into.AddSubscription(id, subscriptions.Bytes(1), options, (uint)subscriptions.Long(6));
                }
                next = subscriptions.Step() ? subscriptions.Long(0) : long.MaxValue;
            }
        }
    }

    private static StoredKey KeyOf(SqliteStatement row) => row.Int(3) != 0
        ? new StoredKey(row.Bytes(2))
        : new StoredKey(row.Bytes(2)) { MountPoint = row.Bytes(4), HasUser = !row.IsNull(5), User = row.Bytes(5) };
}
