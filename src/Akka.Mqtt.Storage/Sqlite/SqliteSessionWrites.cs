using System.Runtime.InteropServices;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;
using Akka.Mqtt.Storage.Forms;
using Akka.Mqtt.Storage.Writing;

namespace Akka.Mqtt.Storage.Sqlite;

/// <summary>The statements that write the changes of a session other than its deliveries.</summary>
internal sealed class SqliteSessionWrites(SqliteConnection connection, long run)
{
    private readonly SqliteStatement _start = connection.Prepare(
        "INSERT OR REPLACE INTO session (id, mount_point, user_name, client_id, owner, epoch, changed_at, expiry) VALUES (?1, ?2, ?3, ?4, ?5, 0, ?6, 0)");

    private readonly SqliteStatement _open = connection.Prepare(
        "UPDATE session SET epoch = ?2, run = ?3, changed_at = ?4, expiry = ?5 WHERE id = ?1");

    private readonly SqliteStatement _close = connection.Prepare("UPDATE session SET run = NULL, changed_at = ?2, expiry = ?3 WHERE id = ?1");
    private readonly SqliteStatement _epoch = connection.Prepare("UPDATE session SET epoch = ?2 WHERE id = ?1");

    private readonly SqliteStatement _will = connection.Prepare(
        "UPDATE session SET will_topic = ?2, will_payload = ?3, will_qos = ?4, will_retain = ?5, will_delay = ?6, will_properties = ?7 WHERE id = ?1");

    private readonly SqliteStatement _subscribe = connection.Prepare(
        "INSERT OR REPLACE INTO subscription (session, filter, qos, no_local, retain_as_published, retain_handling, identifier, shared) "
        + "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)");

    private readonly SqliteStatement _unsubscribe = connection.Prepare("DELETE FROM subscription WHERE session = ?1 AND filter = ?2");
    private readonly SqliteStatement _receive = connection.Prepare("INSERT OR IGNORE INTO received (session, packet_id) VALUES (?1, ?2)");
    private readonly SqliteStatement _release = connection.Prepare("DELETE FROM received WHERE session = ?1 AND packet_id = ?2");

    private readonly SqliteStatement _messagesOf = connection.Prepare(
        "SELECT message, count(*) FROM delivery WHERE session = ?1 AND message IS NOT NULL GROUP BY message");

    private readonly SqliteStatement[] _end =
    [
        connection.Prepare("DELETE FROM delivery WHERE session = ?1"),
        connection.Prepare("DELETE FROM received WHERE session = ?1"),
        connection.Prepare("DELETE FROM subscription WHERE session = ?1"),
        connection.Prepare("DELETE FROM session WHERE id = ?1"),
    ];

    /// <summary>Writes the change of a session.</summary>
    /// <param name="change">The change.</param>
    /// <param name="released">Counts deliveries that end, by their messages.</param>
    public void Write(SessionChange change, Dictionary<long, int> released)
    {
        var session = change.Session.Id;
        if (change.Ended)
        {
            End(session, released);
            return;
        }
        if (change.Started is { } started)
        {
            var key = started.Key;
            _start.Bind(1, session).Bind(2, key.MountPoint).Bind(3, key.User).Bind(4, key.ClientId).Bind(5, started.Owner).Bind(6, started.At).Run();
        }
        WriteLink(change, session);
        if (change.HasWill)
            WriteWill(session, change.Will);
        foreach (var (filter, subscription) in change.Subscriptions ?? [])
            WriteSubscription(session, filter, subscription);
        foreach (var (packetId, isThere) in change.Received ?? [])
            (isThere ? _receive : _release).Bind(1, session).Bind(2, (long)packetId).Run();
    }

    private void WriteLink(SessionChange change, long session)
    {
        long? expiry = change.Expiry == uint.MaxValue ? null : change.Expiry;
        if (change.Link == LinkChange.Connected)
            _open.Bind(1, session).Bind(2, change.Epoch).Bind(3, run).Bind(4, change.ChangedAt).Bind(5, expiry).Run();
        if (change.Link != LinkChange.Disconnected)
            return;
        _close.Bind(1, session).Bind(2, change.ChangedAt).Bind(3, expiry).Run();
        if (change.HasEpoch)
            _epoch.Bind(1, session).Bind(2, change.Epoch).Run();
    }

    private void WriteWill(long session, Will? will)
    {
        _will.Bind(1, session);
        if (will is null)
        {
            _will.Null(2).Null(3).Null(4).Null(5).Null(6).Null(7).Run();
            return;
        }
        _will.Bind(2, will.Topic).Bind(3, will.Payload.Span).Bind(4, (long)will.QoS).Bind(5, will.Retain ? 1L : 0L)
            .Bind(6, (long)(will.Properties?.WillDelayInterval ?? 0)).Bind(7, PropertyForm.Encode(will.Properties)).Run();
    }

    private void WriteSubscription(long session, string filter, SessionSubscription? subscription)
    {
        if (subscription is null)
        {
            _unsubscribe.Bind(1, session).Bind(2, filter).Run();
            return;
        }
        var options = subscription.Options;
        _subscribe.Bind(1, session).Bind(2, filter).Bind(3, (long)options.QoS).Bind(4, options.NoLocal ? 1L : 0L)
            .Bind(5, options.RetainAsPublished ? 1L : 0L).Bind(6, (long)options.RetainHandling).Bind(7, (long)subscription.Identifier)
            .Bind(8, subscription.Shared is null ? 0L : 1L).Run();
    }

    private void End(long session, Dictionary<long, int> released)
    {
        _messagesOf.Bind(1, session);
        while (_messagesOf.Step())
            CollectionsMarshal.GetValueRefOrAddDefault(released, _messagesOf.Long(0), out _) += _messagesOf.Int(1);
        foreach (var statement in _end)
            statement.Bind(1, session).Run();
    }
}
