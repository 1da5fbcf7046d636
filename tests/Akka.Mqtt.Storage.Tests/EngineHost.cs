using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Stores;
using Akka.Mqtt.Storage.Sqlite;
using Akka.Mqtt.Storage.Writing;
using Microsoft.Extensions.Time.Testing;

namespace Akka.Mqtt.Storage.Tests;

/// <summary>Opens one kind of engine for a test, ends it as a crash would, and opens it again.</summary>
internal abstract class EngineHost : IAsyncDisposable
{
    public static readonly DateTimeOffset Start = DateTimeOffset.FromUnixTimeMilliseconds(1_800_000_000_000);

    private readonly List<string> _log = [];

    public FakeTimeProvider Time { get; } = new(Start);

    public long Now => Time.GetUtcNow().ToUnixTimeMilliseconds();

    public SessionLimits Limits { get; set; } =
        new() { MaxQueuedMessages = 1000, MaxQueuedBytes = 1 << 20, MaxInflightMessages = 10, MaxInflightBytes = 1 << 20 };

    public int Dropped;

    /// <summary>Sessions that the engine has said are lost.</summary>
    public System.Collections.Concurrent.ConcurrentQueue<long> Lost { get; } = [];

    /// <summary>What the engine has said last of how much waits in each parked session.</summary>
    public System.Collections.Concurrent.ConcurrentDictionary<long, QueueCount> Waiting { get; } = [];

    /// <summary>What the engine has said of sessions that were there when it was opened.</summary>
    public System.Collections.Concurrent.ConcurrentQueue<QueueCount> Found { get; } = [];

    /// <summary>Whether the engine is asked for what waits at its start.</summary>
    public bool CountsAtStart { get; set; }

    public StorageOptions Options => new()
    {
        Limits = Limits,
        MaxPendingBytes = 1 << 20,
        Log = (_, line) =>
        {
            lock (_log)
                _log.Add(line);
        },
        Time = Time,
        Lost = Lost.Enqueue,
        Found = CountsAtStart ? Found.Enqueue : null,
        Waiting = (session, messages, bytes) => Waiting[session] = new QueueCount(messages, bytes),
        Dropped = (_, count) => Interlocked.Add(ref Dropped, count),
    };

    public IReadOnlyList<string> Log
    {
        get
        {
            lock (_log)
                return [.. _log];
        }
    }

    /// <summary>Opens the engine for the first time, or again.</summary>
    public abstract Task<IStorageEngine> Open();

    /// <summary>After all sessions have ended: no message, delivery or packet identifier is left behind.</summary>
    public virtual void AssertNothingIsLeft()
    {
    }

    public abstract ValueTask DisposeAsync();
}

internal sealed class MemoryHost : EngineHost
{
    private MemoryEngine? _engine;

    public override Task<IStorageEngine> Open()
    {
        _engine = _engine?.Crash(Now, Limits) ?? new MemoryEngine(Limits);
        (_engine.Waiting, _engine.Found) = (Options.Waiting, Options.Found);
        return Task.FromResult<IStorageEngine>(_engine);
    }

    public override ValueTask DisposeAsync() => default;
}

internal sealed class SqliteHost : EngineHost
{
    private IStorageEngine? _engine;

    public string Directory { get; } = System.IO.Directory.CreateTempSubdirectory("akka-mqtt-storage-").FullName;

    public override async Task<IStorageEngine> Open()
    {
        if (_engine is not null)
            await _engine.DisposeAsync();
        return _engine = await new SqliteStorage(Directory).OpenAsync(Options);
    }

    public Task<StorageWriter> Open(Func<IStorageDatabase, IStorageDatabase> wrap) => Task.Run(() => new SqliteStorage(Directory).Open(Options, null, wrap));

    /// <summary>Asks the database itself.</summary>
    public long Scalar(string sql)
    {
        using var connection = SqliteConnection.Open(SqliteFiles.DatabaseOf(Directory), isReadOnly: true);
        return connection.Scalar(sql);
    }

    public override void AssertNothingIsLeft()
    {
        foreach (var table in (string[])["session", "subscription", "message", "delivery", "received"])
            Assert.Equal((table, 0L), (table, Scalar($"SELECT count(*) FROM {table}")));
    }

    public override async ValueTask DisposeAsync()
    {
        if (_engine is not null)
            await _engine.DisposeAsync();
        System.IO.Directory.Delete(Directory, recursive: true);
    }
}
