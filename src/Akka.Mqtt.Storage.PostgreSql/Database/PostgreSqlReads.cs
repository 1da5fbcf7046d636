using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Stores;
using Akka.Mqtt.Storage.Forms;
using Akka.Mqtt.Storage.Writing;
using Npgsql;

namespace Akka.Mqtt.Storage.PostgreSql.Database;

/// <summary>The statements with which the writer's thread, and the start of a server, read.</summary>
/// <param name="run">The run of this process.</param>
/// <param name="isShared">Whether other nodes of a cluster use the database too: then only the sessions of this run count.</param>
internal sealed class PostgreSqlReads(long run, bool isShared)
{
    private const string SubscriptionColumns = "filter, qos, no_local, retain_as_published, retain_handling, identifier, shared";

    /// <summary>See <see cref="IStorageDatabase.Count"/>.</summary>
    public void Count(NpgsqlConnection connection, IReadOnlyList<long> sessions, Dictionary<long, QueueCount> into)
    {
        using var command = Sql.Command(connection,
            "SELECT session.id, count(number), coalesce(sum(size), 0) FROM session LEFT JOIN delivery ON session = session.id AND packet_id IS NULL "
            + "WHERE session.id = ANY ($1)" + (isShared ? $" AND (home = {run} OR guest IN ({run}, -{run}))" : "") + " GROUP BY session.id", Sql.Of(sessions.ToArray()));
        using var rows = command.ExecuteReader();
        while (rows.Read())
            into[rows.GetInt64(0)] = new QueueCount((int)rows.GetInt64(1), rows.GetInt64(2));
    }

    /// <summary>See <see cref="IStorageDatabase.ReadOldest"/>.</summary>
    public static void ReadOldest(NpgsqlConnection connection, long session, bool qos0Only, int most, Queue<QueuedRow> into)
    {
        using var command = Sql.Command(connection,
            "SELECT number, size FROM delivery WHERE session = $1 AND packet_id IS NULL AND qos <= $2 ORDER BY number LIMIT $3",
            Sql.Of(session), Sql.Of(qos0Only ? 0 : 2), Sql.Of(most));
        using var rows = command.ExecuteReader();
        while (rows.Read())
            into.Enqueue(new QueuedRow(rows.GetInt64(0), rows.GetInt32(1)));
    }

    /// <summary>See <see cref="IStorageDatabase.FindDue"/>.</summary>
    public IReadOnlyList<DueSession> FindDue(NpgsqlConnection connection, long now, int most, Predicate<long> isHeld)
    {
        // Sessions of other runs whose rows say that they are connected lost their connection when their run was last alive.
        using var command = Sql.Command(connection,
            "(SELECT due_at AS due, id, mount_point, user_name, client_id FROM session WHERE due_at <= $1" + Home("AND") + ") UNION ALL "
            + "(SELECT alive_at + lapse, session.id, mount_point, user_name, client_id FROM run JOIN session ON session.run = run.id WHERE run.id <> $2 AND lapse <= $1 - alive_at" + Home("AND") + ") ORDER BY 1, 2",
            Sql.Of(now), Sql.Of(run));
        using var rows = command.ExecuteReader();
        List<DueSession> found = [];
        while (found.Count < most && rows.Read())
        {
            if (!isHeld(rows.GetInt64(1)))
                found.Add(new DueSession(rows.GetInt64(1), new SessionKey(rows.GetString(2), Text(rows, 3), rows.GetString(4))));
        }
        command.Cancel(); // the rest of many due sessions is not needed
        return found;
    }

    /// <summary>See <see cref="IStorageDatabase.Read"/>.</summary>
    public StoredState? Read(NpgsqlConnection connection, long session)
    {
        using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(Sql.Batched(
            "SELECT mount_point, user_name, client_id, owner, epoch, run, changed_at, expiry, will_topic, will_payload, will_qos, will_retain, "
            + "will_properties, (SELECT alive_at FROM run WHERE run.id = session.run) FROM session WHERE id = $1", Sql.Of(session)));
        batch.BatchCommands.Add(Sql.Batched($"SELECT {SubscriptionColumns} FROM subscription WHERE session = $1", Sql.Of(session)));
        batch.BatchCommands.Add(Sql.Batched("SELECT packet_id FROM received WHERE session = $1", Sql.Of(session)));
        batch.BatchCommands.Add(Sql.Batched(
            "SELECT number, delivery.message, qos, retain, packet_id, sent_order, identifiers, share, topic, payload, received_at, expiry, properties "
            + "FROM delivery LEFT JOIN message ON id = delivery.message WHERE session = $1 ORDER BY number", Sql.Of(session)));
        using var rows = batch.ExecuteReader();
        if (!rows.Read())
            return null;
        var state = ReadRow(rows);
        rows.NextResult();
        while (rows.Read())
        {
            var subscription = ReadSubscription(rows, 0);
            state.Subscriptions[subscription.Options.Filter] = subscription;
        }
        rows.NextResult();
        while (rows.Read())
            state.Received.Add((ushort)rows.GetInt32(0));
        rows.NextResult();
        return new StoredState(state, ReadDeliveries(rows, session, state));
    }

    /// <summary>See <see cref="IStorageDatabase.LoadSessions"/>.</summary>
    public IEnumerable<StoredSession> LoadSessions(NpgsqlConnection connection, CancellationToken cancel) =>
        LoadSessions(connection, Home("WHERE"), null, cancel);

    /// <summary>Reads the data of some sessions that routing needs.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="condition">Which ones: a WHERE clause, or empty.</param>
    /// <param name="sessions">$1 of the condition; null when it has none.</param>
    /// <param name="cancel">The caller no longer waits.</param>
    public static IEnumerable<StoredSession> LoadSessions(
        NpgsqlConnection connection, string condition, long[]? sessions, CancellationToken cancel)
    {
        using var command = Sql.Command(connection,
            $"SELECT id, mount_point, user_name, client_id, owner, epoch, {SubscriptionColumns} FROM session LEFT JOIN subscription ON session = id{condition} ORDER BY id");
        if (sessions is not null)
            command.Parameters.Add(Sql.Of(sessions));
        command.CommandTimeout = 0;
        using var rows = command.ExecuteReader();
        List<SessionSubscription> own = [];
        var more = rows.Read();
        while (more)
        {
            cancel.ThrowIfCancellationRequested();
            var id = rows.GetInt64(0);
            var (key, owner, epoch) = (new SessionKey(rows.GetString(1), Text(rows, 2), rows.GetString(3)), Text(rows, 4), rows.GetInt64(5));
            own.Clear();
            for (; more && rows.GetInt64(0) == id; more = rows.Read())
            {
                if (!rows.IsDBNull(6))
                    own.Add(ReadSubscription(rows, 6));
            }
            yield return new StoredSession(id, key, owner, epoch, own.Count == 0 ? [] : [.. own]);
        }
    }

    /// <summary>See <see cref="IStorageDatabase.LoadRetained"/>.</summary>
    public static IEnumerable<RetainedRecord> LoadRetained(NpgsqlConnection connection, CancellationToken cancel)
    {
        using var command = Sql.Command(connection,
            "SELECT topic, payload, qos, received_at, expiry, properties, publisher, user_name, listener FROM retained");
        command.CommandTimeout = 0;
        using var rows = command.ExecuteReader();
        while (rows.Read())
        {
            cancel.ThrowIfCancellationRequested();
            var packet = new Publish(rows.GetString(0), MqttBinary.Wrap(rows.GetFieldValue<byte[]>(1)))
            {
                QoS = (QualityOfService)rows.GetInt32(2),
                Retain = true,
                Properties = PropertyForm.Decode(Bytes(rows, 5), rows.IsDBNull(4) ? null : (uint)rows.GetInt64(4), default),
            };
            yield return new RetainedRecord(packet, rows.GetInt64(3), rows.GetString(6), Text(rows, 7), Text(rows, 8));
        }
    }

    private string Home(string word) => isShared ? $" {word} home = {run}" : "";

    private SessionSnapshot ReadRow(NpgsqlDataReader row)
    {
        var connectedTo = row.IsDBNull(5) ? (long?)null : row.GetInt64(5);
        return new SessionSnapshot
        {
            Key = new SessionKey(row.GetString(0), Text(row, 1), row.GetString(2)),
            Owner = Text(row, 3),
            IsOver = false,
            Epoch = row.GetInt64(4),
            IsConnected = connectedTo == run,
            ChangedAt = connectedTo is null || connectedTo == run || row.IsDBNull(13) ? row.GetInt64(6) : row.GetInt64(13),
            Expiry = row.IsDBNull(7) ? uint.MaxValue : (uint)row.GetInt64(7),
            Will = row.IsDBNull(8) ? null : new Will(row.GetString(8), MqttBinary.Wrap(row.GetFieldValue<byte[]>(9)))
            {
                QoS = (QualityOfService)row.GetInt32(10),
                Retain = row.GetBoolean(11),
                Properties = PropertyForm.DecodeWill(Bytes(row, 12)),
            },
        };
    }

    private static SessionSubscription ReadSubscription(NpgsqlDataReader row, int at)
    {
        var filter = row.GetString(at);
        var options = new Subscription(filter, (QualityOfService)row.GetInt32(at + 1))
        {
            NoLocal = row.GetBoolean(at + 2),
            RetainAsPublished = row.GetBoolean(at + 3),
            RetainHandling = (RetainHandling)row.GetInt32(at + 4),
        };
        SharedFilter? shared = row.GetBoolean(at + 6) && SharedFilter.TryParse(filter, out var parsed) ? parsed : null;
        return new SessionSubscription(options, (uint)row.GetInt64(at + 5), shared);
    }

    private static long[] ReadDeliveries(NpgsqlDataReader row, long session, SessionSnapshot state)
    {
        List<(long Order, long Number, ushort PacketId, QueuedMessage? Message)> inFlight = [];
        while (row.Read())
        {
            var number = row.GetInt64(0);
            var message = row.IsDBNull(1) ? (QueuedMessage?)null : ReadMessage(row, session);
            state.NextNumber = number + 1;
            if (row.IsDBNull(4) && message is { } waiting)
                state.Queue.Add(number, waiting);
            else
                inFlight.Add((row.IsDBNull(5) ? 0 : row.GetInt64(5), number, row.IsDBNull(4) ? (ushort)0 : (ushort)row.GetInt32(4), message));
        }
        inFlight.Sort((one, other) => one.Order.CompareTo(other.Order));
        foreach (var (_, _, packetId, message) in inFlight)
            state.InFlight.Add((packetId, message));
        state.LastPacketId = inFlight.Count == 0 ? (ushort)0 : inFlight[^1].PacketId;
        return [.. inFlight.Select(each => each.Number)];
    }

    private static QueuedMessage ReadMessage(NpgsqlDataReader row, long session)
    {
        if (row.IsDBNull(8))
            throw new InvalidDataException($"message {row.GetInt64(1)} of session {session} is missing.");
        var packet = new Publish(row.GetString(8), MqttBinary.Wrap(row.GetFieldValue<byte[]>(9)))
        {
            QoS = (QualityOfService)row.GetInt32(2),
            Retain = row.GetBoolean(3),
            Properties = PropertyForm.Decode(Bytes(row, 12), row.IsDBNull(11) ? null : (uint)row.GetInt64(11), PropertyForm.Identifiers(Text(row, 6))),
        };
        return new QueuedMessage(packet, row.GetInt64(10)) { Share = PropertyForm.Share(Text(row, 7)) };
    }

    private static string? Text(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    private static byte[]? Bytes(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetFieldValue<byte[]>(column);
}
