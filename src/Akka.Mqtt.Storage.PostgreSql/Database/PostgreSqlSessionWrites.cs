using System.Runtime.InteropServices;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;
using Akka.Mqtt.Storage.Forms;
using Akka.Mqtt.Storage.Writing;
using Npgsql;

namespace Akka.Mqtt.Storage.PostgreSql.Database;

/// <summary>Writes the changes of sessions other than their deliveries: one round trip for all of them, and one more when sessions end.</summary>
/// <param name="run">The run of this process.</param>
/// <param name="isShared">Whether other nodes of a cluster use the database too: then a session that begins is of this run.</param>
internal sealed class PostgreSqlSessionWrites(long run, bool isShared)
{
    /// <summary>Writes the changes of sessions.</summary>
    /// <param name="connection">The connection, in a transaction.</param>
    /// <param name="changes">The changes.</param>
    /// <param name="released">Counts deliveries that end, by their messages.</param>
    public void Write(NpgsqlConnection connection, IReadOnlyList<SessionChange> changes, Dictionary<long, int> released)
    {
        List<long> ended = [], receivedIn = [], releasedIn = [];
        List<int> receivedIds = [], releasedIds = [];
        using var batch = new NpgsqlBatch(connection);
        foreach (var change in changes)
        {
            if (change.IsNothing)
                continue;
            var session = change.Session.Id;
            if (change.Ended)
            {
                ended.Add(session);
                continue;
            }
            Write(batch, change, session);
            foreach (var (packetId, isThere) in change.Received ?? [])
            {
                (isThere ? receivedIn : releasedIn).Add(session);
                (isThere ? receivedIds : releasedIds).Add(packetId);
            }
        }
        if (receivedIds.Count > 0)
        {
            batch.BatchCommands.Add(Sql.Batched(
                "INSERT INTO received (session, packet_id) SELECT * FROM unnest($1, $2) ON CONFLICT DO NOTHING",
                Sql.Of(receivedIn.ToArray()), Sql.Of(receivedIds.ToArray())));
        }
        if (releasedIds.Count > 0)
        {
            batch.BatchCommands.Add(Sql.Batched(
                "DELETE FROM received USING unnest($1, $2) AS gone (session, packet_id) "
                + "WHERE received.session = gone.session AND received.packet_id = gone.packet_id",
                Sql.Of(releasedIn.ToArray()), Sql.Of(releasedIds.ToArray())));
        }
        if (batch.BatchCommands.Count > 0)
            batch.ExecuteNonQuery();
        if (ended.Count > 0)
            End(connection, ended.ToArray(), released);
    }

    private void Write(NpgsqlBatch batch, SessionChange change, long session)
    {
        var commands = batch.BatchCommands;
        if (change.Started is { } started)
        {
            var key = started.Key;
            commands.Add(Sql.Batched(
                "INSERT INTO session (id, mount_point, user_name, client_id, owner, epoch, changed_at, expiry, home) VALUES ($1, $2, $3, $4, $5, 0, $6, 0, $7)",
                Sql.Of(session), Sql.Of(key.MountPoint), Sql.Of(key.User), Sql.Of(key.ClientId), Sql.Of(started.Owner), Sql.Of(started.At), Sql.Of(isShared ? run : (long?)null)));
        }
        long? expiry = change.Expiry == uint.MaxValue ? null : change.Expiry;
        if (change.Link != LinkChange.None)
        {
            commands.Add(Sql.Batched(
                "UPDATE session SET epoch = coalesce($2, epoch), run = $3, changed_at = $4, expiry = $5 WHERE id = $1",
                Sql.Of(session), Sql.Of(change.HasEpoch ? change.Epoch : (long?)null), Sql.Of(change.Link == LinkChange.Connected ? run : (long?)null),
                Sql.Of(change.ChangedAt), Sql.Of(expiry)));
        }
        if (change.HasWill)
            commands.Add(WillCommand(session, change.Will));
        foreach (var (filter, subscription) in change.Subscriptions ?? [])
            commands.Add(SubscriptionCommand(session, filter, subscription));
    }

    private static NpgsqlBatchCommand WillCommand(long session, Will? will)
    {
        if (will is null)
        {
            return Sql.Batched(
                "UPDATE session SET will_topic = NULL, will_payload = NULL, will_qos = NULL, will_retain = NULL, will_delay = NULL, will_properties = NULL WHERE id = $1",
                Sql.Of(session));
        }
        return Sql.Batched(
            "UPDATE session SET will_topic = $2, will_payload = $3, will_qos = $4, will_retain = $5, will_delay = $6, will_properties = $7 WHERE id = $1",
            Sql.Of(session), Sql.Of(will.Topic), Sql.Of(will.Payload.ToArray()), Sql.Of((int)will.QoS), Sql.Of(will.Retain),
            Sql.Of((long)(will.Properties?.WillDelayInterval ?? 0)), Sql.Of(PropertyForm.Encode(will.Properties)));
    }

    private static NpgsqlBatchCommand SubscriptionCommand(long session, string filter, SessionSubscription? subscription)
    {
        if (subscription is null)
        {
            return Sql.Batched(
                "DELETE FROM subscription WHERE session = $1 AND filter_key = sha256(convert_to($2, 'UTF8'))", Sql.Of(session), Sql.Of(filter));
        }
        var options = subscription.Options;
        return Sql.Batched(
            "INSERT INTO subscription (session, filter, filter_key, qos, no_local, retain_as_published, retain_handling, identifier, shared) "
            + "VALUES ($1, $2, sha256(convert_to($2, 'UTF8')), $3, $4, $5, $6, $7, $8) ON CONFLICT (session, filter_key) DO UPDATE SET "
            + "qos = excluded.qos, no_local = excluded.no_local, retain_as_published = excluded.retain_as_published, "
            + "retain_handling = excluded.retain_handling, identifier = excluded.identifier, shared = excluded.shared",
            Sql.Of(session), Sql.Of(filter), Sql.Of((int)options.QoS), Sql.Of(options.NoLocal), Sql.Of(options.RetainAsPublished),
            Sql.Of((int)options.RetainHandling), Sql.Of((long)subscription.Identifier), Sql.Of(subscription.Shared is not null));
    }

    private static void End(NpgsqlConnection connection, long[] ended, Dictionary<long, int> released)
    {
        using (var deliveries = Sql.Command(connection,
            "WITH gone AS (DELETE FROM delivery WHERE session = ANY ($1) RETURNING message) "
            + "SELECT message, count(*) FROM gone WHERE message IS NOT NULL GROUP BY message", Sql.Of(ended)))
        using (var rows = deliveries.ExecuteReader())
        {
            while (rows.Read())
                CollectionsMarshal.GetValueRefOrAddDefault(released, rows.GetInt64(0), out _) += (int)rows.GetInt64(1);
        }
        using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(Sql.Batched("DELETE FROM received WHERE session = ANY ($1)", Sql.Of(ended)));
        batch.BatchCommands.Add(Sql.Batched("DELETE FROM subscription WHERE session = ANY ($1)", Sql.Of(ended)));
        batch.BatchCommands.Add(Sql.Batched("DELETE FROM session WHERE id = ANY ($1)", Sql.Of(ended)));
        batch.ExecuteNonQuery();
    }
}
