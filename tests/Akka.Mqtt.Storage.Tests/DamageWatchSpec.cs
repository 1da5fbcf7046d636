using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Stores;
using Akka.Mqtt.Storage.Sqlite;
using Akka.Mqtt.Storage.Writing;

namespace Akka.Mqtt.Storage.Tests;

public sealed class DamageWatchSpec : IAsyncLifetime
{
    private readonly SqliteHost _host = new();
    private FaultyDatabase _database = null!;
    private StorageWriter _writer = null!;

    public Task InitializeAsync()
    {
        _writer = new SqliteStorage(_host.Directory).Open(_host.Options, null, inner => _database = new FaultyDatabase(inner));
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        _database.Let(1_000_000);
        await _writer.DisposeAsync();
        await _host.DisposeAsync();
    }

    private async Task<long> Session(string client)
    {
        var session = _writer.NextSession();
        await _writer.Write(new StoreOp.SessionStarted(session, new SessionKey("", null, client), null, _host.Now));
        return session;
    }

    private StoreOp.Queued Queued(params long[] sessions) =>
        new(_writer.NextMessages(1), [new Publish("a") { QoS = QualityOfService.AtLeastOnce }], _host.Now, sessions, null);

    private void Execute(string sql)
    {
        using var connection = SqliteConnection.Open(SqliteFiles.DatabaseOf(_host.Directory));
        connection.Execute(sql);
    }

    [Fact]
    public async Task A_commit_that_fails_because_of_damage_succeeds_when_the_database_is_mended()
    {
        var session = await Session("a");
        _database.Damage(1);
        await _writer.Write(Queued(session));
        Assert.Equal((1, StorageHealth.Good), (_database.Mended, _writer.Health));
        Assert.Contains(_host.Log, line => line.Contains("is damaged (damage). The readable parts are now copied", StringComparison.Ordinal));
        Assert.Contains(_host.Log, line => line.EndsWith("lost: all", StringComparison.Ordinal));
        Assert.Contains(_host.Log, line => line.Contains("is repaired, with the losses above; the damaged files are there.", StringComparison.Ordinal));
        Assert.Empty(_host.Lost);
    }

    [Fact]
    public async Task A_held_session_that_is_lost_is_named_and_what_belongs_to_others_of_its_unit_is_written()
    {
        var lost = await Session("lost");
        var kept = await Session("kept");
        var other = await Session("parked");
        await _writer.Write(new StoreOp.Parked(other, 0, 0));
        _database.Mends = () =>
        {
            Execute($"DELETE FROM session WHERE id IN ({lost}, {other})");
            return ["lost: rows", "the damaged files are there"];
        };
        _database.Damage(1);
        await _writer.Write(Queued(lost, kept, other), new StoreOp.Received(lost, [1]), new StoreOp.Received(kept, [1]));
        Assert.Equal([lost], _host.Lost);
        Assert.Equal(1, _host.Scalar("SELECT count(*) FROM delivery"));
        Assert.Equal(kept, _host.Scalar("SELECT session FROM received"));
        Assert.Null(await _writer.Read(other));
        Assert.Single((await _writer.Read(kept))!.State.Queue);
    }

    [Fact]
    public async Task A_session_that_was_given_before_the_damage_was_found_is_named_when_it_is_lost()
    {
        var session = await Session("a");
        await _writer.Write(new StoreOp.Parked(session, 0, 0));
        _database.Mends = () =>
        {
            Execute("DELETE FROM session");
            return ["lost: rows", "the damaged files are there"];
        };
        _database.Gate();
        var writes = _database.Writes;
        _writer.Append(new StoreUnit([new StoreOp.RetainedRemoved("a")], null));
        await Until(() => _database.Writes > writes); // the writer is inside a commit: what is appended now is one drain
        var reading = _writer.Read(session);
        var receipt = new AwaitedReceipt();
        _writer.Append(new StoreUnit([new StoreOp.Received(session, [1])], receipt));
        _database.Let(1);
        Assert.NotNull(await reading); // and the commit of its drain waits
        _database.Damage(1);
        _database.Let(100);
        await receipt.Task;
        Assert.Equal([session], _host.Lost);
    }

    [Fact]
    public async Task A_database_that_cannot_be_mended_is_failing_and_mended_again_after_a_minute()
    {
        var session = await Session("a");
        _database.Mends = () => throw new IOException("no room");
        _database.Damage(int.MaxValue);
        var receipt = new AwaitedReceipt();
        _writer.Append(new StoreUnit([Queued(session)], receipt));
        await Until(() => _writer.FailedCommits > 2);
        Assert.Equal((1, StorageHealth.Failing), (_database.Mended, _writer.Health));
        Assert.Contains(_host.Log, line => line.EndsWith("no room", StringComparison.Ordinal));
        _database.Mends = () =>
        {
            _database.Damage(0);
            return ["the damaged files are there"];
        };
        _host.Time.Advance(TimeSpan.FromMinutes(1));
        await receipt.Task;
        Assert.Equal(StorageHealth.Good, _writer.Health);
    }

    [Fact]
    public async Task A_database_is_mended_three_times_at_most()
    {
        var session = await Session("a");
        _database.Damage(4);
        await _writer.Write(Queued(session));
        Assert.Equal(3, _database.Mended);
        Assert.Single(_host.Log, line => line.Contains("This was the last of 3 repairs", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_session_that_cannot_be_read_and_not_be_mended_is_set_aside_and_does_not_harm_the_others()
    {
        var session = await Session("a");
        var other = await Session("b");
        await _writer.Write(Queued(session, other), new StoreOp.Parked(session, 1, 0));
        Execute($"UPDATE delivery SET message = 99 WHERE session = {session}");
        var error = await Assert.ThrowsAsync<InvalidDataException>(() => _writer.Read(session));
        Assert.Contains("is missing", error.Message, StringComparison.Ordinal);
        Assert.NotNull(await _writer.Read(other));
        Assert.Contains(_host.Log, line => line.Contains("cannot be read and is skipped", StringComparison.Ordinal));
    }

    private static async Task Until(Func<bool> condition)
    {
        var until = Environment.TickCount64 + 30_000;
        while (!condition())
        {
            Assert.True(Environment.TickCount64 < until, "not in 30 s");
            await Task.Delay(5);
        }
    }
}
