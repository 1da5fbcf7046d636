using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Stores;
using Akka.Mqtt.Storage.Sqlite;

namespace Akka.Mqtt.Storage.Tests;

public sealed class SqliteStorageSpec : IAsyncLifetime
{
    private readonly SqliteHost _host = new();

    private string Path => SqliteFiles.DatabaseOf(_host.Directory);

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _host.DisposeAsync();

    private async Task<string> Refusal() => (await Assert.ThrowsAsync<MqttStorageException>(async () =>
    {
        await using var engine = await _host.Open();
        await engine.LoadSessionsAsync().All();
    })).Message;

    /// <summary>Makes a database with a session that has messages, and closes it.</summary>
    private async Task Fill(int messages = 10)
    {
        await using var engine = await _host.Open();
        var session = engine.NextSession();
        Publish[] batch = [.. Enumerable.Range(0, messages).Select(each => new Publish($"{each}", new byte[200]) { QoS = QualityOfService.AtLeastOnce })];
        await engine.Write(
            new StoreOp.SessionStarted(session, new SessionKey("", null, "a"), null, _host.Now),
            new StoreOp.Queued(engine.NextMessages(messages), batch, _host.Now, [session], null));
    }

    private void Overwrite(long at, int count)
    {
        using var file = new FileStream(Path, FileMode.Open);
        file.Position = at;
        file.Write(Enumerable.Range(0, count).Select(each => (byte)(each * 37)).ToArray());
    }

    [Fact]
    public async Task A_directory_has_one_process_at_a_time()
    {
        await using var first = await _host.Open();
        var refused = await Assert.ThrowsAsync<MqttStorageException>(async () => await new SqliteStorage(_host.Directory).OpenAsync(_host.Options));
        Assert.Equal($"{_host.Directory} is used by process {Environment.ProcessId}: stop it, or choose another directory.", refused.Message);
    }

    [Fact]
    public async Task A_directory_is_free_after_the_engine_has_closed()
    {
        await Fill();
        await Fill();
    }

    [Fact]
    public async Task What_a_killed_process_leaves_in_the_log_is_moved_to_the_file_at_the_next_start()
    {
        using var after = new SqliteCopy();
        await using (var engine = await _host.Open())
        {
            var session = engine.NextSession();
            Publish[] batch = [.. Enumerable.Range(0, 5000).Select(each => new Publish($"{each}", new byte[200]) { QoS = QualityOfService.AtLeastOnce })];
            await engine.Write(
                new StoreOp.SessionStarted(session, new SessionKey("", null, "a"), null, _host.Now),
                new StoreOp.Queued(engine.NextMessages(batch.Length), batch, _host.Now, [session], null));
            after.Take(Path); // as a kill would leave them
        }
        Assert.InRange(new FileInfo(after.Path + "-wal").Length, 1_000_000, long.MaxValue);
        await using var next = await new SqliteStorage(after.Directory).OpenAsync(_host.Options);
        Assert.InRange(new FileInfo(after.Path + "-wal").Length, 0, 100_000);
        Assert.Single(await next.LoadSessionsAsync().All());
    }

    /// <summary>A power loss leaves any part of what was not synchronized: the log ends anywhere.</summary>
    [Fact]
    public async Task Of_a_log_that_was_cut_whole_units_are_left_and_all_that_were_committed_before_the_cut()
    {
        const int Units = 20;
        using var after = new SqliteCopy();
        var lengths = new List<long>();
        await using (var engine = await _host.Open())
        {
            var session = engine.NextSession();
            await engine.Write(new StoreOp.SessionStarted(session, new SessionKey("", null, "a"), null, _host.Now));
            for (var unit = 0; unit < Units; unit++)
            {
                Publish[] batch = [.. Enumerable.Range(0, 3).Select(each => new Publish($"{unit}/{each}", new byte[700]) { QoS = QualityOfService.AtLeastOnce })];
                await engine.Write(new StoreOp.Queued(engine.NextMessages(3), batch, _host.Now, [session], null));
                lengths.Add(new FileInfo(Path + "-wal").Length);
            }
            after.Take(Path);
        }
        var random = new Random(1);
        for (var round = 0; round < 15; round++)
        {
            var length = random.NextInt64(lengths[0], lengths[^1] + 1);
            using var cut = new SqliteCopy();
            cut.Take(after.Path);
            using (var log = new FileStream(cut.Path + "-wal", FileMode.Open))
                log.SetLength(length);
            await using var next = await new SqliteStorage(cut.Directory).OpenAsync(_host.Options);
            var stored = Assert.Single(await next.LoadSessionsAsync().All());
            var topics = (await next.Read(stored.Session))!.State.Queue.Values.Select(each => each.Packet.Topic).ToList();
            var units = lengths.Count(each => each <= length);
            Assert.InRange(topics.Count, units * 3, Units * 3);
            Assert.Equal(Enumerable.Range(0, topics.Count).Select(each => $"{each / 3}/{each % 3}"), topics);
            Assert.Equal(0, topics.Count % 3);
        }
    }

    [Fact]
    public async Task A_newer_schema_is_refused()
    {
        await Fill();
        using (var connection = SqliteConnection.Open(Path))
            connection.Execute("UPDATE meta SET value = 99 WHERE key = 'version'");
        Assert.Contains("was written by a newer program (schema 99, this one reads up to 1)", await Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_of_another_program_is_refused_and_not_changed()
    {
        using (var connection = SqliteConnection.Open(Path, isNew: true))
            connection.Execute("CREATE TABLE notes (text)");
        var before = await File.ReadAllBytesAsync(Path);
        Assert.Contains("is a database of another program", await Refusal(), StringComparison.Ordinal);
        Assert.Equal(before, await File.ReadAllBytesAsync(Path));
        Assert.False(File.Exists(Path + "-wal"));
    }

    [Fact]
    public async Task A_retained_message_that_a_cut_has_taken_the_topic_of_is_called_damage()
    {
        await using (var engine = await _host.Open())
        {
            for (var at = 0; at < 200; at++)
                await engine.Write(new StoreOp.RetainedSet(new RetainedRecord(new Publish($"topic/{at}", new byte[100]) { Retain = true }, _host.Now, "")));
        }
        await using (var file = new FileStream(Path, FileMode.Open))
        {
            file.SetLength(file.Length - 1000); // SQLite reads the rest of the page as zeros
        }
        await File.WriteAllBytesAsync(Path + "-wal", []); // with a log the length of the file says nothing
        var error = await Assert.ThrowsAsync<MqttStorageException>(async () =>
        {
            await using var engine = await _host.Open();
            await engine.LoadRetainedAsync().All();
        });
        Assert.Contains("akka-mqtt store recover", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_no_database_is_refused()
    {
        await File.WriteAllTextAsync(Path, new string('x', 5000));
        Assert.Contains("is damaged: it does not begin like an SQLite file", await Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_was_cut_is_refused()
    {
        await Fill(200);
        using (var file = new FileStream(Path, FileMode.Open))
            file.SetLength(file.Length - 5000);
        Assert.Contains("bytes, and its header says", await Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_whose_first_page_was_overwritten_is_refused()
    {
        await Fill(200);
        Overwrite(100, 3000);
        Assert.Contains("store recover", await Refusal(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_directory_that_cannot_be_made_is_refused()
    {
        var file = System.IO.Path.Combine(_host.Directory, "file");
        await File.WriteAllTextAsync(file, "");
        var refused = await Assert.ThrowsAsync<MqttStorageException>(async () => await new SqliteStorage($"{file}/data").OpenAsync(_host.Options));
        Assert.Contains("cannot be used", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_full_disk_is_failing_and_heals_without_a_restart()
    {
        await (await _host.Open()).DisposeAsync(); // tables need room
        SqliteConnection connection = null!;
        var failures = 0;
        var options = _host.Options with
        {
            Log = (_, line) =>
            {
                // By the writer's thread, which alone may use the connection.
                if (line.Contains("the disk is full: make room", StringComparison.Ordinal) && ++failures == 1)
                    connection.Execute("PRAGMA max_page_count = 1000000");
            },
        };
        await using var engine = new SqliteStorage(_host.Directory).Open(options, opened =>
        {
            connection = opened;
            opened.Execute($"PRAGMA max_page_count = {opened.Scalar("PRAGMA page_count") + 3}");
        });
        var session = engine.NextSession();
        await engine.Write(new StoreOp.SessionStarted(session, new SessionKey("", null, "a"), null, _host.Now));
        await engine.Write(new StoreOp.Queued(
            engine.NextMessages(1), [new Publish("a", new byte[100_000]) { QoS = QualityOfService.AtLeastOnce }], _host.Now, [session], null));
        Assert.Equal((1, 1L, StorageHealth.Good), (failures, engine.FailedCommits, engine.Health));
        Assert.Single((await engine.Read(session))!.State.Queue);
    }

    [Fact]
    public async Task A_start_without_room_for_a_row_serves_what_is_there_and_is_written_with_the_first_change_when_there_is_room()
    {
        await Fill();
        using (var scratch = new SqliteCopy())
        {
            File.Copy(Path, scratch.Path);
            var rows = RowsThatFill(scratch.Path);
            using var connection = SqliteConnection.Open(Path);
            AddRuns(connection, rows);
        }
        SqliteConnection opened = null!;
        using var fails = new ManualResetEventSlim();
        using var room = new ManualResetEventSlim();
        var options = _host.Options with
        {
            Log = (_, line) =>
            {
                if (!line.Contains("the disk is full", StringComparison.Ordinal))
                    return;
                fails.Set();
                if (room.Wait(TimeSpan.FromSeconds(30))) // by the writer's thread, which alone may use the connection
                    opened.Execute("PRAGMA max_page_count = 1000000");
            },
        };
        long session;
        await using (var engine = new SqliteStorage(_host.Directory).Open(options, connection =>
        {
            opened = connection;
            connection.Execute($"PRAGMA max_page_count = {connection.Scalar("PRAGMA page_count")}");
        }))
        {
            Assert.True(fails.Wait(TimeSpan.FromSeconds(30)));
            session = Assert.Single(await engine.LoadSessionsAsync().All()).Session;
            var receipt = new AwaitedReceipt();
            engine.Append(new StoreUnit([new StoreOp.Received(session, [1])], receipt));
            Assert.False(receipt.IsComplete);
            room.Set();
            await receipt.Task;
            Assert.Equal(10, (await engine.Read(session))!.State.Queue.Count);
            Assert.Equal(StorageHealth.Good, engine.Health);
        }
        await using var next = await _host.Open();
        Assert.True(next.NextSession() > session);
        Assert.Equal([1], (await next.Read(session))!.State.Received);
    }

    private static void AddRuns(SqliteConnection connection, int rows) => connection.Execute(
        $"WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < {rows}) INSERT INTO run (started_at, alive_at) SELECT 1800000000000, 1800000000000 FROM n");

    /// <summary>So many rows of runs fit into a database before it needs another page.</summary>
    private static int RowsThatFill(string path)
    {
        using var connection = SqliteConnection.Open(path);
        var pages = connection.Scalar("PRAGMA page_count");
        for (var rows = 1; ; rows++)
        {
            AddRuns(connection, 1);
            if (connection.Scalar("PRAGMA page_count") > pages)
                return rows - 1;
        }
    }

    [Fact]
    public async Task A_start_that_is_refused_leaves_neither_files_nor_directories_of_its_own()
    {
        await Fill();
        using (var connection = SqliteConnection.Open(Path))
            connection.Execute("UPDATE meta SET value = 99 WHERE key = 'version'");
        foreach (var own in (string[])["lock", "pid"])
            File.Delete(System.IO.Path.Combine(_host.Directory, own));
        await Refusal();
        Assert.Equal([Path], Directory.GetFileSystemEntries(_host.Directory));
        var other = Directory.CreateDirectory(System.IO.Path.Combine(_host.Directory, "other")).FullName;
        Directory.CreateDirectory(System.IO.Path.Combine(other, SqliteFiles.DatabaseName));
        await Assert.ThrowsAsync<MqttStorageException>(async () => await new SqliteStorage(other).OpenAsync(_host.Options));
        Assert.Equal([SqliteFiles.DatabaseOf(other)], Directory.GetFileSystemEntries(other));
    }

    [Fact]
    public async Task A_session_with_a_message_that_cannot_be_read_is_given_without_that_message()
    {
        await Fill();
        using (var connection = SqliteConnection.Open(Path))
            connection.Execute("DELETE FROM message WHERE topic = '3'");
        await using var engine = await _host.Open();
        var other = engine.NextSession();
        await engine.Write(new StoreOp.SessionStarted(other, new SessionKey("", null, "b"), null, _host.Now));
        var loaded = await engine.LoadSessionsAsync().All();
        var given = await engine.Read(loaded.Single(each => each.Session != other).Session);
        Assert.Equal(["0", "1", "2", "4", "5", "6", "7", "8", "9"], given!.State.Queue.Values.Select(each => each.Packet.Topic));
        Assert.NotNull(await engine.Read(other));
        Assert.Contains(_host.Log, line => line.EndsWith("lost: 1 messages of client a", StringComparison.Ordinal));
        Assert.Empty(_host.Lost);
    }

    [Fact]
    public async Task Sessions_that_cannot_be_loaded_or_searched_are_one_line_and_others_are_written()
    {
        await Fill();
        await using var engine = await _host.Open();
        using (var connection = SqliteConnection.Open(Path))
            connection.Execute("ALTER TABLE session RENAME COLUMN client_id TO other; DROP INDEX session_due; ALTER TABLE session RENAME COLUMN lapse TO gone");
        var load = await Assert.ThrowsAsync<MqttStorageException>(() => engine.LoadSessionsAsync().All());
        Assert.StartsWith($"The sessions of {Path} cannot be loaded: ", load.Message, StringComparison.Ordinal);
        var routes = await Assert.ThrowsAsync<MqttStorageException>(() => engine.LoadRoutesAsync(new RouteList()));
        Assert.Equal(load.Message, routes.Message);
        var due = await Assert.ThrowsAsync<MqttStorageException>(async () => await engine.FindDueAsync(long.MaxValue, 10));
        Assert.StartsWith("Due sessions cannot be found: ", due.Message, StringComparison.Ordinal);
        await engine.Write(new StoreOp.RetainedRemoved("a"));
        Assert.Equal(StorageHealth.Good, engine.Health);
    }

    [Fact]
    public async Task The_log_of_the_database_stays_bounded()
    {
        await using var engine = await _host.Open();
        var session = engine.NextSession();
        await engine.Write(new StoreOp.SessionStarted(session, new SessionKey("", null, "a"), null, _host.Now));
        for (var round = 0; round < 60; round++)
        {
            var first = engine.NextMessages(1);
            await engine.Write(new StoreOp.Queued(first, [new Publish("a", new byte[1_000_000]) { QoS = QualityOfService.AtLeastOnce }], _host.Now, [session], null));
            await engine.Write(new StoreOp.Removed(session, [first]));
        }
        Assert.InRange(new FileInfo(Path + "-wal").Length, 1, 40_000_000);
        Assert.InRange(new FileInfo(Path).Length, 1, 10_000_000);
    }

    /// <summary>A copy of the files of a database in a directory of its own.</summary>
    private sealed class SqliteCopy : IDisposable
    {
        public string Directory { get; } = System.IO.Directory.CreateTempSubdirectory("akka-mqtt-storage-").FullName;

        public string Path => SqliteFiles.DatabaseOf(Directory);

        public void Take(string database)
        {
            File.Copy(database, Path);
            File.Copy(database + "-wal", Path + "-wal");
        }

        public void Dispose() => System.IO.Directory.Delete(Directory, recursive: true);
    }
}
