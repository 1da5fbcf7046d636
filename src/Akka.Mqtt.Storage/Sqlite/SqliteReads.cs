using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Stores;
using Akka.Mqtt.Storage.Forms;
using Akka.Mqtt.Storage.Writing;

namespace Akka.Mqtt.Storage.Sqlite;

/// <summary>The statements with which the writer's thread reads.</summary>
internal sealed class SqliteReads(SqliteConnection connection, long run)
{
    private readonly SqliteStatement _count = connection.Prepare(
        "SELECT count(number), total(size) FROM session LEFT JOIN delivery ON session = session.id AND packet_id IS NULL WHERE session.id = ?1 GROUP BY session.id");

    private readonly SqliteStatement _oldest = connection.Prepare(
        "SELECT number, size FROM delivery WHERE session = ?1 AND packet_id IS NULL AND qos <= ?2 ORDER BY number LIMIT ?3");

    private readonly SqliteStatement _session = connection.Prepare(
        "SELECT mount_point, user_name, client_id, owner, epoch, run, changed_at, expiry, will_topic, will_payload, will_qos, will_retain, will_properties, "
        + "(SELECT alive_at FROM run WHERE run.id = session.run) FROM session WHERE id = ?1");

    private readonly SqliteStatement _subscriptions = connection.Prepare(
        $"SELECT {SubscriptionColumns} FROM subscription WHERE session = ?1");

    private readonly SqliteStatement _deliveries = connection.Prepare(
        "SELECT number, delivery.message, qos, retain, packet_id, sent_order, identifiers, share, topic, payload, received_at, expiry, properties "
        + "FROM delivery LEFT JOIN message ON id = delivery.message WHERE session = ?1 ORDER BY number");

    private readonly SqliteStatement _received = connection.Prepare("SELECT packet_id FROM received WHERE session = ?1");

    private readonly SqliteStatement _due = connection.Prepare(
        "SELECT due_at, id, mount_point, user_name, client_id FROM session WHERE due_at <= ?1 AND due_at IS NOT NULL ORDER BY due_at");

    private readonly SqliteStatement _lost = connection.Prepare(
        "SELECT alive_at + lapse, session.id, mount_point, user_name, client_id FROM run CROSS JOIN session ON session.run = run.id AND session.run IS NOT NULL "
        + "WHERE run.id <> ?2 AND lapse <= ?1 - alive_at ORDER BY 1 LIMIT ?3");

    /// <summary>The columns that <see cref="ReadSubscription"/> reads.</summary>
    public const string SubscriptionColumns = "filter, qos, no_local, retain_as_published, retain_handling, identifier, shared";

    /// <summary>See <see cref="IStorageDatabase.Count"/>.</summary>
    public void Count(IReadOnlyList<long> sessions, Dictionary<long, QueueCount> into)
    {
        for (var at = 0; at < sessions.Count; at++)
        {
            if (_count.Bind(1, sessions[at]).Step())
                into[sessions[at]] = new QueueCount(_count.Int(0), _count.Long(1));
            _count.Reset();
        }
    }

    /// <summary>See <see cref="IStorageDatabase.ReadOldest"/>.</summary>
    public void ReadOldest(long session, bool qos0Only, int most, Queue<QueuedRow> into)
    {
        _oldest.Bind(1, session).Bind(2, qos0Only ? 0L : 2L).Bind(3, (long)most);
        while (_oldest.Step())
            into.Enqueue(new QueuedRow(_oldest.Long(0), _oldest.Int(1)));
    }

    /// <summary>See <see cref="IStorageDatabase.FindDue"/>.</summary>
    public IReadOnlyList<DueSession> FindDue(long now, int most, Predicate<long> isHeld)
    {
        List<(long DueAt, DueSession Session)> found = [];
        _due.Bind(1, now);
        while (found.Count < most && _due.Step())
        {
            if (!isHeld(_due.Long(1)))
                found.Add((_due.Long(0), Due(_due)));
        }
        _due.Reset();
        // Sessions that were connected when a run ended without a shutdown. They count as disconnected since the run last recorded that it was alive.
        List<(long DueAt, DueSession Session)> lost = [];
        _lost.Bind(1, now).Bind(2, run).Bind(3, -1L);
        while (lost.Count < most && _lost.Step())
        {
            if (!isHeld(_lost.Long(1)))
                lost.Add((_lost.Long(0), Due(_lost)));
        }
        _lost.Reset();
        return [.. found.Concat(lost).OrderBy(each => each.DueAt).ThenBy(each => each.Session.Session).Take(most).Select(each => each.Session)];
    }

    private static DueSession Due(SqliteStatement row) => new(row.Long(1), new SessionKey(row.Text(2)!, row.Text(3), row.Text(4)!));

    /// <summary>See <see cref="IStorageDatabase.Read"/>.</summary>
    public StoredState? Read(long session)
    {
        try
        {
            if (!_session.Bind(1, session).Step())
                return null;
            var state = ReadRow(_session);
            _session.Reset();
            _subscriptions.Bind(1, session);
            while (_subscriptions.Step())
            {
                var subscription = ReadSubscription(_subscriptions, 0);
                state.Subscriptions[subscription.Options.Filter] = subscription;
            }
            _received.Bind(1, session);
            while (_received.Step())
                state.Received.Add((ushort)_received.Int(0));
            return new StoredState(state, ReadDeliveries(session, state));
        }
        finally
        {
            _session.Reset();
            _subscriptions.Reset();
            _received.Reset();
            _deliveries.Reset();
        }
    }

    /// <summary>Reads a subscription from a row that has <see cref="SubscriptionColumns"/>.</summary>
    /// <param name="row">The row.</param>
    /// <param name="at">The first of the columns.</param>
    /// <returns>The subscription.</returns>
    public static SessionSubscription ReadSubscription(SqliteStatement row, int at)
    {
        var filter = row.Text(at)!;
        var options = new Subscription(filter, (QualityOfService)row.Int(at + 1))
        {
            NoLocal = row.Int(at + 2) != 0,
            RetainAsPublished = row.Int(at + 3) != 0,
            RetainHandling = (RetainHandling)row.Int(at + 4),
        };
        SharedFilter? shared = row.Int(at + 6) != 0 && SharedFilter.TryParse(filter, out var parsed) ? parsed : null;
        return new SessionSubscription(options, (uint)row.Long(at + 5), shared);
    }

    private SessionSnapshot ReadRow(SqliteStatement row) => new()
    {
        Key = new SessionKey(row.Text(0)!, row.Text(1), row.Text(2)!),
        Owner = row.Text(3),
        IsOver = false,
        Epoch = row.Long(4),
        IsConnected = row.Long(5) == run,
        ChangedAt = row.IsNull(5) || row.Long(5) == run || row.IsNull(13) ? row.Long(6) : row.Long(13),
        Expiry = row.IsNull(7) ? uint.MaxValue : (uint)row.Long(7),
        Will = row.IsNull(8) ? null : new Will(row.Text(8)!, MqttBinary.Wrap(row.Blob(9)))
        {
            QoS = (QualityOfService)row.Int(10),
            Retain = row.Int(11) != 0,
            Properties = PropertyForm.DecodeWill(row.Blob(12)),
        },
    };

    private long[] ReadDeliveries(long session, SessionSnapshot state)
    {
        List<(long Order, long Number, ushort PacketId, QueuedMessage? Message)> inFlight = [];
        _deliveries.Bind(1, session);
        while (_deliveries.Step())
        {
            var row = _deliveries;
            var number = row.Long(0);
            var message = row.IsNull(1) ? (QueuedMessage?)null : ReadMessage(row, session);
            state.NextNumber = number + 1;
            if (row.IsNull(4) && message is { } waiting)
                state.Queue.Add(number, waiting);
            else
                inFlight.Add((row.Long(5), number, (ushort)row.Int(4), message));
        }
        inFlight.Sort((one, other) => one.Order.CompareTo(other.Order));
        foreach (var (_, _, packetId, message) in inFlight)
            state.InFlight.Add((packetId, message));
        state.LastPacketId = inFlight.Count == 0 ? (ushort)0 : inFlight[^1].PacketId;
        return [.. inFlight.Select(each => each.Number)];
    }

    private static QueuedMessage ReadMessage(SqliteStatement row, long session)
    {
        if (row.IsNull(8))
            throw new InvalidDataException($"message {row.Long(1)} of session {session} is missing.");
        var packet = new Publish(row.Text(8)!, MqttBinary.Wrap(row.Blob(9)))
        {
            QoS = (QualityOfService)row.Int(2),
            Retain = row.Int(3) != 0,
            Properties = PropertyForm.Decode(row.Blob(12), row.IsNull(11) ? null : (uint)row.Long(11), PropertyForm.Identifiers(row.Text(6))),
        };
        return new QueuedMessage(packet, row.Long(10)) { Share = PropertyForm.Share(row.Text(7)) };
    }
}
