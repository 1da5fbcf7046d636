using Akka.Mqtt.Server.Stores;
using Akka.Mqtt.Storage.Writing;
using Npgsql;

namespace Akka.Mqtt.Storage.PostgreSql.Database;

/// <summary>The sessions of a database that several nodes of a cluster share. Its statements run in the transactions of the writer. Thread safe.</summary>
/// <param name="writer">The writer of this node.</param>
/// <param name="run">The run of this node: its lease.</param>
internal sealed class PostgreSqlSharedSessions(StorageWriter writer, long run) : ISharedSessions
{
    // A node that is not in the cluster loses its lease when it has not renewed it three times in a row, by the clock of the database.
    private const string LongestSilence = "30 s";

    public Task Lost => writer.Lost;

    public Inheritance? AtStart { get; private set; }

    /// <summary>The node has just begun: what it inherits of its earlier processes is filtered from the first message on.</summary>
    public static PostgreSqlSharedSessions Begin(StorageWriter writer, long run, Inheritance? inherited)
    {
        if (inherited is not null)
        {
            _ = writer.CallAsync((_, sessions) =>
            {
                SetFilters(sessions, inherited);
                return sessions;
            });
        }
        return new PostgreSqlSharedSessions(writer, run) { AtStart = inherited };
    }

    public Task<StoredSession?> GiveUpAsync(long session, IOriginFilter filter) => writer.CallAsync((database, sessions) =>
    {
        var stored = In(database, connection => First(connection, $" WHERE session.id = {session} AND home = {run}"));
        if (stored is not null)
            sessions.SetFilter(session, filter);
        return stored;
    });

    // Only after the commit: if it fails, the earlier operations are filtered again.
    public Task TakeAllAsync(long session, IOriginFilter filter) =>
        writer.CallAsync(static (_, sessions) => sessions, sessions => sessions.EndFilter(session, filter));

    public async Task<StoredSession?> ClaimAsync(long session, string from, IOriginFilter filter)
    {
        var claimed = await CallAsync((connection, sessions) =>
        {
            sessions.SetFilter(session, filter);
            using var claim = Sql.Command(
                connection,
                "UPDATE session SET guest = -home, home = $2, home_epoch = home_epoch + 1 "
                + "WHERE id = $1 AND guest IS NULL AND home = (SELECT max(id) FROM run WHERE node = $3 AND NOT fenced)",
                Sql.Of(session), Sql.Of(run), Sql.Of(from));
            return claim.ExecuteNonQuery() == 0 ? [] : [session];
        }).ConfigureAwait(false);
        if (claimed is [var only])
            return only;
        await TakeAllAsync(session, filter).ConfigureAwait(false);
        return null;
    }

    // The number of the guest is below zero until the new home is ready.
    public Task ReadyAsync(long session) => writer.CallAsync((database, _) => In(database, connection =>
    {
        PostgreSqlSchema.Execute(connection, $"UPDATE session SET guest = abs(guest) WHERE id = {session} AND home = {run}");
        return true;
    }));

    public Task<bool> IsClaimedAsync(long session) => writer.CallAsync((database, _) => In(
        database,
        connection => PostgreSqlSchema.Scalar(connection, $"SELECT count(*) FROM session WHERE id = {session} AND (home = {run} OR guest = -{run})") == 0));

    public Task LeaveAsync(long session, IOriginFilter filter) => writer.CallAsync(
        (database, sessions) =>
        {
            sessions.Remove(session);
            return In(database, connection =>
            {
                PostgreSqlSchema.Execute(connection, $"UPDATE session SET guest = NULL WHERE id = {session} AND guest IN ({run}, -{run})");
                return sessions;
            });
        },
        sessions => sessions.EndFilter(session, filter));

    public Task<IReadOnlyList<long>> FindSettledAsync(IReadOnlyList<long> sessions) => writer.CallAsync((database, _) => In(database, connection =>
    {
        using var command = Sql.Command(connection, "SELECT id FROM session WHERE id = ANY ($1) AND guest IS NOT NULL", Sql.Of(sessions.ToArray()));
        using var rows = command.ExecuteReader();
        HashSet<long> unsettled = [];
        while (rows.Read())
            unsettled.Add(rows.GetInt64(0));
        return (IReadOnlyList<long>)[.. sessions.Where(each => !unsettled.Contains(each))];
    }));

    public async Task<IReadOnlyList<Inheritance>> AdoptAsync(IReadOnlyList<string> lost, IReadOnlyList<string> members)
    {
        IReadOnlyList<Inheritance> inherited = [];
        await CallAsync((connection, sessions) =>
        {
            var adopted = PostgreSqlShared.Adopt(
                connection, run, $"node = ANY ($1) OR (node <> ALL ($2) AND renewed < now() - interval '{LongestSilence}')",
                Sql.Of((string?[])[.. lost]), Sql.Of((string?[])[.. members]));
            inherited = PostgreSqlInheritances.Of(connection, run, adopted, lost);
            foreach (var one in inherited)
                SetFilters(sessions, one);
            return [.. adopted.Values.SelectMany(static each => each)];
        }).ConfigureAwait(false);
        return inherited;
    }

    public Task<IReadOnlyList<string>> FindStartingAsync(IReadOnlyList<string> lost, IReadOnlyList<string> members) => writer.CallAsync(
        (database, _) => In(database, connection => PostgreSqlInheritances.FindStarting(connection, run, lost, members)));

    public Task EndAsync(Inheritance inheritance) => writer.CallAsync(
        (database, sessions) => In(database, connection =>
        {
            PostgreSqlInheritances.End(connection, run, inheritance);
            return sessions;
        }),
        sessions =>
        {
            sessions.EndFilter(inheritance);
            if (AtStart == inheritance)
                AtStart = null;
        });

    // A session for which this node itself writes as the node before keeps the filter of that move.
    private static void SetFilters(KnownSessions sessions, Inheritance inheritance)
    {
        foreach (var stored in inheritance.Sessions)
        {
            if (sessions.FilterOf(stored.Session) is null or Inheritance)
                sessions.SetFilter(stored.Session, inheritance);
        }
    }

    /// <summary>Takes sessions, and continues with higher numbers than those of their messages.</summary>
    private Task<IReadOnlyList<StoredSession>> CallAsync(Func<NpgsqlConnection, KnownSessions, long[]> take)
    {
        Numbers numbers = default;
        return writer.CallAsync(
            (database, sessions) => In(database, connection =>
            {
                var taken = take(connection, sessions);
                numbers = default;
                if (taken.Length == 0)
                    return (IReadOnlyList<StoredSession>)[];
                numbers = NumbersOf(connection, taken);
                // The old node may still write, with numbers of its block; the messages of this node must have higher numbers.
                if (numbers.Message >= writer.NextMessage
                    || PostgreSqlSchema.Scalar(connection, "SELECT value FROM meta WHERE key = 'next_message'") > writer.EndOfMessages)
                    numbers = numbers with { Block = PostgreSqlDatabase.Reserve(connection, IdentityKind.Message, StorageWriter.MessageBlock) };
                return [.. PostgreSqlReads.LoadSessions(connection, " WHERE session.id = ANY ($1)", taken, CancellationToken.None)];
            }),
            _ => writer.ContinueAbove(numbers.Block, numbers.Order));
    }

    private static Numbers NumbersOf(NpgsqlConnection connection, long[] sessions)
    {
        using var command = Sql.Command(
            connection, "SELECT coalesce(max(number), 0), coalesce(max(sent_order), 0) FROM delivery WHERE session = ANY ($1)", Sql.Of(sessions));
        using var row = command.ExecuteReader();
        row.Read();
        return new Numbers(row.GetInt64(0), row.GetInt64(1), 0);
    }

    private static StoredSession? First(NpgsqlConnection connection, string condition)
    {
        foreach (var session in PostgreSqlReads.LoadSessions(connection, condition, null, CancellationToken.None))
            return session;
        return null;
    }

    private static T In<T>(IStorageDatabase database, Func<NpgsqlConnection, T> statements) => ((PostgreSqlDatabase)database).InTransaction(statements);

    /// <summary>The highest numbers of messages in sessions.</summary>
    /// <param name="Message">The last message.</param>
    /// <param name="Order">The last one that was sent.</param>
    /// <param name="Block">A block of identities above it; 0 when the current one is.</param>
    private readonly record struct Numbers(long Message, long Order, long Block);
}
