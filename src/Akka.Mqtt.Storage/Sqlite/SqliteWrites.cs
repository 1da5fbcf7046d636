using System.Runtime.InteropServices;
using Akka.Mqtt.Protocol.Session;
using Akka.Mqtt.Server.Stores;
using Akka.Mqtt.Storage.Forms;
using Akka.Mqtt.Storage.Writing;

namespace Akka.Mqtt.Storage.Sqlite;

/// <summary>The statements that write a change set, except for sessions: see <see cref="SqliteSessionWrites"/>.</summary>
internal sealed class SqliteWrites(SqliteConnection connection, long run)
{
    private readonly SqliteStatement _addMessage = connection.Prepare(
        "INSERT INTO message (id, topic, payload, received_at, expiry, properties, refs) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) "
        + "ON CONFLICT (id) DO UPDATE SET refs = refs + excluded.refs");

    private readonly SqliteStatement _addPlain = connection.Prepare(
        "INSERT OR IGNORE INTO delivery (session, number, message, qos, retain, size) VALUES (?1, ?2, ?3, ?4, ?5, ?6)");

    private readonly SqliteStatement _add = connection.Prepare(
        "INSERT OR IGNORE INTO delivery (session, number, message, qos, retain, size, packet_id, sent_order, identifiers, share) "
        + "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)");

    private readonly SqliteStatement _remove = connection.Prepare("DELETE FROM delivery WHERE session = ?1 AND number = ?2 RETURNING message");

    private readonly SqliteStatement _send = connection.Prepare(
        "UPDATE delivery SET packet_id = ?3, sent_order = ?4 WHERE session = ?1 AND number = ?2");

    private readonly SqliteStatement _messageOf = connection.Prepare("SELECT message FROM delivery WHERE session = ?1 AND number = ?2");
    private readonly SqliteStatement _confirm = connection.Prepare("UPDATE delivery SET message = NULL WHERE session = ?1 AND number = ?2");
    private readonly SqliteStatement _removeMessage = connection.Prepare("DELETE FROM message WHERE id = ?1 AND refs <= ?2");
    private readonly SqliteStatement _lessMessage = connection.Prepare("UPDATE message SET refs = refs - ?2 WHERE id = ?1");

    private readonly SqliteStatement _retain = connection.Prepare(
        "INSERT OR REPLACE INTO retained (topic, payload, qos, received_at, expiry, properties, publisher, user_name, listener) "
        + "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)");

    private readonly SqliteStatement _removeRetained = connection.Prepare("DELETE FROM retained WHERE topic = ?1");
    private readonly SqliteSessionWrites _sessions = new(connection, run);
    private readonly Dictionary<long, int> _released = [];

    /// <summary>Writes changes.</summary>
    /// <param name="changes">The changes, prepared.</param>
    public void Write(ChangeSet changes)
    {
        foreach (ref readonly var content in changes.Contents)
            Add(in content);
        foreach (ref readonly var delivery in changes.Deliveries.All)
        {
            if (delivery.Session.Change is not { Ended: true })
                Write(in delivery);
        }
        foreach (var change in changes.Sessions)
        {
            if (!change.IsNothing)
                _sessions.Write(change, _released);
        }
        foreach (var (topic, record) in changes.Retained)
            Write(topic, record);
        foreach (var (message, count) in _released)
            Release(message, count);
        _released.Clear();
    }

    /// <summary>Drops the state of a failed write.</summary>
    public void Clear() => _released.Clear();

    private void Add(in Content content)
    {
        var packet = content.Packet;
        _addMessage.Bind(1, content.Id).Bind(2, packet.Topic).Bind(3, packet.Payload.Span).Bind(4, content.ReceivedAt)
            .Bind(5, packet.Properties?.MessageExpiryInterval).Bind(6, PropertyForm.Encode(packet.Properties)).Bind(7, content.References).Run();
    }

    private void Write(in DeliveryChange delivery)
    {
        if (delivery.Queued is null)
            Change(in delivery);
        else if (!delivery.IsRemoved)
            Add(in delivery, delivery.Queued);
    }

    private void Add(in DeliveryChange delivery, StoreOp.Queued queued)
    {
        var packet = queued.Batch[delivery.Position];
        var share = queued.Shares?[delivery.Position];
        var isPlain = delivery.PacketId == 0 && share is null && (packet.Properties is null || packet.Properties.SubscriptionIdentifiers.IsEmpty);
        var statement = isPlain ? _addPlain : _add;
        statement.Bind(1, delivery.Session.Id).Bind(2, delivery.Number).Bind(4, (long)packet.QoS).Bind(5, packet.Retain ? 1L : 0L)
            .Bind(6, (long)QueuedMessage.KeptSizeOf(packet));
        if (delivery.IsConfirmed)
            statement.Null(3);
        else
            statement.Bind(3, delivery.Content);
        if (statement == _add)
        {
            statement.Bind(9, PropertyForm.Identifiers(packet.Properties)).Bind(10, PropertyForm.Share(share));
            if (delivery.PacketId == 0)
                statement.Null(7).Null(8);
            else
                statement.Bind(7, (long)delivery.PacketId).Bind(8, delivery.Order);
        }
        statement.Run();
    }

    private void Change(in DeliveryChange delivery)
    {
        var (session, number) = (delivery.Session.Id, delivery.Number);
        if (delivery.IsRemoved)
        {
            if (_remove.Bind(1, session).Bind(2, number).Step())
            {
                Released(_remove);
                _remove.Reset();
            }
            return;
        }
        if (delivery.PacketId != 0)
            _send.Bind(1, session).Bind(2, number).Bind(3, (long)delivery.PacketId).Bind(4, delivery.Order).Run();
        if (delivery.IsConfirmed && _messageOf.Bind(1, session).Bind(2, number).Step())
        {
            Released(_messageOf);
            _messageOf.Reset();
            _confirm.Bind(1, session).Bind(2, number).Run();
        }
    }

    private void Released(SqliteStatement row)
    {
        if (!row.IsNull(0))
            CollectionsMarshal.GetValueRefOrAddDefault(_released, row.Long(0), out _)++;
    }

    private void Release(long message, int count)
    {
        _removeMessage.Bind(1, message).Bind(2, (long)count).Run();
        if (connection.Changes == 0)
            _lessMessage.Bind(1, message).Bind(2, (long)count).Run();
    }

    private void Write(string topic, RetainedRecord? record)
    {
        if (record is null)
        {
            _removeRetained.Bind(1, topic).Run();
            return;
        }
        var packet = record.Packet;
        _retain.Bind(1, topic).Bind(2, packet.Payload.Span).Bind(3, (long)packet.QoS).Bind(4, record.ReceivedAt)
            .Bind(5, packet.Properties?.MessageExpiryInterval).Bind(6, PropertyForm.Encode(packet.Properties))
            .Bind(7, record.Publisher).Bind(8, record.User).Bind(9, record.Listener).Run();
    }
}
