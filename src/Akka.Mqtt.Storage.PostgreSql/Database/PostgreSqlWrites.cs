using System.Runtime.InteropServices;
using Akka.Mqtt.Protocol.Session;
using Akka.Mqtt.Server.Stores;
using Akka.Mqtt.Storage.Forms;
using Akka.Mqtt.Storage.Writing;
using Npgsql;

namespace Akka.Mqtt.Storage.PostgreSql.Database;

/// <summary>Writes a change set with few statements, each of which takes arrays; sessions are in <see cref="PostgreSqlSessionWrites"/>.</summary>
/// <param name="run">The run of this process.</param>
/// <param name="isShared">Whether other nodes of a cluster use the database too.</param>
internal sealed class PostgreSqlWrites(long run, bool isShared)
{
    // The most rows of messages and deliveries in one statement, and the most bytes of payload.
    private const int MaxRows = 5000;
    private const int MaxBytes = 8 << 20;

    private readonly Dictionary<long, int> _released = [];
    private readonly PostgreSqlSessionWrites _sessions = new(run, isShared);

    /// <summary>Writes changes.</summary>
    /// <param name="connection">The connection, in a transaction.</param>
    /// <param name="changes">The changes, prepared.</param>
    public void Write(NpgsqlConnection connection, ChangeSet changes)
    {
        _released.Clear();
        AddMessages(connection, changes.Contents);
        AddDeliveries(connection, changes.Deliveries.All);
        ChangeDeliveries(connection, changes.Deliveries.All);
        _sessions.Write(connection, changes.Sessions, _released);
        WriteRetained(connection, changes.Retained);
        WriteLinks(connection, changes.Links);
        if (isShared && _released.Count > 0)
            PostgreSqlShared.LockMessages(connection, [.. _released.Keys]);
        Release(connection);
    }

    private static void AddMessages(NpgsqlConnection connection, ReadOnlySpan<Content> contents)
    {
        while (!contents.IsEmpty)
        {
            int count = 0, bytes = 0;
            while (count < contents.Length && count < MaxRows && bytes < MaxBytes)
                bytes += contents[count++].Packet.Payload.Length;
            var chunk = contents[..count];
            contents = contents[count..];
            var (ids, topics, payloads, times) = (new long[count], new string[count], new byte[count][], new long[count]);
            var (expiries, properties, refs) = (new long?[count], new byte[]?[count], new int[count]);
            for (var at = 0; at < count; at++)
            {
                ref readonly var content = ref chunk[at];
                var packet = content.Packet;
                (ids[at], topics[at], payloads[at], times[at]) = (content.Id, packet.Topic, packet.Payload.ToArray(), content.ReceivedAt);
                (expiries[at], properties[at], refs[at]) =
                    (packet.Properties?.MessageExpiryInterval, PropertyForm.Encode(packet.Properties), content.References);
            }
            using var command = Sql.Command(connection,
                "INSERT INTO message (id, topic, payload, received_at, expiry, properties, refs) "
                + "SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO UPDATE SET refs = message.refs + excluded.refs",
                Sql.Of(ids), Sql.Of(topics), Sql.Of(payloads!), Sql.Of(times), Sql.Of(expiries), Sql.Of(properties), Sql.Of(refs));
            command.ExecuteNonQuery();
        }
    }

    private static void AddDeliveries(NpgsqlConnection connection, ReadOnlySpan<DeliveryChange> all)
    {
        var rows = new DeliveryRows();
        foreach (ref readonly var delivery in all)
        {
            if (delivery.Queued is not { } queued || delivery.IsRemoved || delivery.Session.Change is { Ended: true })
                continue;
            rows.Add(in delivery, queued);
            if (rows.Count == MaxRows)
                rows.Write(connection);
        }
        rows.Write(connection);
    }

    private void ChangeDeliveries(NpgsqlConnection connection, ReadOnlySpan<DeliveryChange> all)
    {
        List<long> sentSessions = [], sentNumbers = [], sentOrders = [], confirmedSessions = [], confirmedNumbers = [], removedSessions = [], removedNumbers = [];
        List<int> sentIds = [];
        foreach (ref readonly var delivery in all)
        {
            if (delivery.Queued is not null || delivery.Session.Change is { Ended: true })
                continue;
            if (delivery.IsRemoved)
            {
                removedSessions.Add(delivery.Session.Id);
                removedNumbers.Add(delivery.Number);
                continue;
            }
            if (delivery.PacketId != 0)
            {
                sentSessions.Add(delivery.Session.Id);
                sentNumbers.Add(delivery.Number);
                sentIds.Add(delivery.PacketId);
                sentOrders.Add(delivery.Order);
            }
            if (delivery.IsConfirmed)
            {
                confirmedSessions.Add(delivery.Session.Id);
                confirmedNumbers.Add(delivery.Number);
            }
        }
        if (sentNumbers.Count > 0)
        {
            using var send = Sql.Command(connection,
                "UPDATE delivery SET packet_id = sent.packet_id, sent_order = sent.place FROM unnest($1, $2, $3, $4) AS sent (session, number, packet_id, place) "
                + "WHERE delivery.session = sent.session AND delivery.number = sent.number",
                Sql.Of(sentSessions.ToArray()), Sql.Of(sentNumbers.ToArray()), Sql.Of(sentIds.ToArray()), Sql.Of(sentOrders.ToArray()));
            send.ExecuteNonQuery();
        }
        if (confirmedNumbers.Count > 0)
        {
            Released(connection,
                "WITH old AS (SELECT session, number, message FROM delivery JOIN unnest($1, $2) AS named (session, number) USING (session, number)), "
                + "done AS (UPDATE delivery SET message = NULL FROM old WHERE delivery.session = old.session AND delivery.number = old.number RETURNING old.message) "
                + "SELECT message, count(*) FROM done WHERE message IS NOT NULL GROUP BY message",
                confirmedSessions, confirmedNumbers);
        }
        if (removedNumbers.Count > 0)
        {
            Released(connection,
                "WITH gone AS (DELETE FROM delivery USING unnest($1, $2) AS named (session, number) "
                + "WHERE delivery.session = named.session AND delivery.number = named.number RETURNING message) "
                + "SELECT message, count(*) FROM gone WHERE message IS NOT NULL GROUP BY message",
                removedSessions, removedNumbers);
        }
    }

    private void Released(NpgsqlConnection connection, string sql, List<long> sessions, List<long> numbers)
    {
        using var command = Sql.Command(connection, sql, Sql.Of(sessions.ToArray()), Sql.Of(numbers.ToArray()));
        using var rows = command.ExecuteReader();
        while (rows.Read())
            CollectionsMarshal.GetValueRefOrAddDefault(_released, rows.GetInt64(0), out _) += (int)rows.GetInt64(1);
    }

    private void Release(NpgsqlConnection connection)
    {
        if (_released.Count == 0)
            return;
        var messages = _released.Keys.ToArray();
        using var less = Sql.Command(connection,
            "UPDATE message SET refs = refs - gone.count FROM unnest($1, $2) AS gone (id, count) WHERE message.id = gone.id AND refs > gone.count",
            Sql.Of(messages), Sql.Of(_released.Values.ToArray()));
        using var none = Sql.Command(connection,
            "DELETE FROM message USING unnest($1, $2) AS gone (id, count) WHERE message.id = gone.id AND refs <= gone.count",
            Sql.Of(messages), Sql.Of(_released.Values.ToArray()));
        // First delete the rows without further references; the remaining rows have more references.
        none.ExecuteNonQuery();
        less.ExecuteNonQuery();
        _released.Clear();
    }

    private void WriteRetained(NpgsqlConnection connection, Dictionary<string, RetainedRecord?> retained)
    {
        if (retained.Count == 0)
            return;
        using var batch = new NpgsqlBatch(connection);
        foreach (var (topic, record) in retained)
        {
            if (record is null)
            {
                batch.BatchCommands.Add(Sql.Batched("DELETE FROM retained WHERE topic_key = sha256(convert_to($1, 'UTF8'))", Sql.Of(topic)));
                continue;
            }
            var packet = record.Packet;
            batch.BatchCommands.Add(Sql.Batched(
                "INSERT INTO retained (topic_key, topic, payload, qos, received_at, expiry, properties, publisher, user_name, listener) "
                + "VALUES (sha256(convert_to($1, 'UTF8')), $1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (topic_key) DO UPDATE SET "
                + "payload = excluded.payload, qos = excluded.qos, received_at = excluded.received_at, expiry = excluded.expiry, "
                + "properties = excluded.properties, publisher = excluded.publisher, user_name = excluded.user_name, listener = excluded.listener"
                + (isShared ? " WHERE retained.received_at <= excluded.received_at" : ""), // of two nodes the later message is kept, in either order of commits
                Sql.Of(topic), Sql.Of(packet.Payload.ToArray()), Sql.Of((int)packet.QoS), Sql.Of(record.ReceivedAt),
                Sql.Of((long?)packet.Properties?.MessageExpiryInterval), Sql.Of(PropertyForm.Encode(packet.Properties)), Sql.Of(record.Publisher),
                Sql.Of(record.User), Sql.Of(record.Listener)));
        }
        batch.ExecuteNonQuery();
    }

    /// <summary>One row for each node that messages came from, whatever they were.</summary>
    private void WriteLinks(NpgsqlConnection connection, Dictionary<string, LinkPosition> links)
    {
        if (links.Count == 0)
            return;
        using var command = Sql.Command(connection,
            "INSERT INTO link (run, node, link, frame, part) SELECT $1, * FROM unnest($2, $3, $4, $5) ON CONFLICT (run, node) DO UPDATE SET "
            + "link = excluded.link, frame = excluded.frame, part = excluded.part",
            Sql.Of(run), Sql.Of((string?[])[.. links.Keys]), Sql.Of((long[])[.. links.Values.Select(static each => each.Link)]),
            Sql.Of((long[])[.. links.Values.Select(static each => each.Frame)]), Sql.Of((int[])[.. links.Values.Select(static each => each.Part)]));
        command.ExecuteNonQuery();
    }

    /// <summary>New deliveries, column by column.</summary>
    private sealed class DeliveryRows
    {
        private readonly List<long> _sessions = [];
        private readonly List<long> _numbers = [];
        private readonly List<long?> _messages = [];
        private readonly List<int> _qos = [];
        private readonly List<bool> _retain = [];
        private readonly List<int> _sizes = [];
        private readonly List<int?> _packetIds = [];
        private readonly List<long?> _orders = [];
        private readonly List<string?> _identifiers = [];
        private readonly List<string?> _shares = [];

        public int Count => _sessions.Count;

        public void Add(in DeliveryChange delivery, StoreOp.Queued queued)
        {
            var packet = queued.Batch[delivery.Position];
            _sessions.Add(delivery.Session.Id);
            _numbers.Add(delivery.Number);
            _messages.Add(delivery.IsConfirmed ? null : delivery.Content);
            _qos.Add((int)packet.QoS);
            _retain.Add(packet.Retain);
            _sizes.Add(QueuedMessage.KeptSizeOf(packet));
            _packetIds.Add(delivery.PacketId == 0 ? null : delivery.PacketId);
            _orders.Add(delivery.PacketId == 0 ? null : delivery.Order);
            _identifiers.Add(PropertyForm.Identifiers(packet.Properties));
            _shares.Add(PropertyForm.Share(queued.Shares?[delivery.Position]));
        }

        public void Write(NpgsqlConnection connection)
        {
            if (Count == 0)
                return;
            using var command = Sql.Command(connection,
                "INSERT INTO delivery (session, number, message, qos, retain, size, packet_id, sent_order, identifiers, share) "
                + "SELECT * FROM unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT DO NOTHING",
                Sql.Of(_sessions.ToArray()), Sql.Of(_numbers.ToArray()), Sql.Of(_messages.ToArray()), Sql.Of(_qos.ToArray()), Sql.Of(_retain.ToArray()),
                Sql.Of(_sizes.ToArray()), Sql.Of(_packetIds.ToArray()), Sql.Of(_orders.ToArray()), Sql.Of(_identifiers.ToArray()), Sql.Of(_shares.ToArray()));
            command.ExecuteNonQuery();
            _sessions.Clear();
            _numbers.Clear();
            _messages.Clear();
            _qos.Clear();
            _retain.Clear();
            _sizes.Clear();
            _packetIds.Clear();
            _orders.Clear();
            _identifiers.Clear();
            _shares.Clear();
        }
    }
}
