using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Stores;
using Akka.Mqtt.Storage.PostgreSql;
using Akka.Mqtt.Storage.PostgreSql.Database;
using Akka.Mqtt.Storage.Writing;
using Akka.Mqtt.StorageBenchmarks;
using Npgsql;
using Xunit.Abstractions;

namespace Akka.Mqtt.Storage.Tests;

internal sealed class PostgreSqlHost(PostgreSqlServer server) : EngineHost
{
    private IStorageEngine? _engine;

    public string? Connection { get; private set; }

    public override async Task<IStorageEngine> Open()
    {
        if (_engine is not null)
            await _engine.DisposeAsync();
        Connection ??= await server.NewDatabase();
        return _engine = await new PostgreSqlStorage(Connection).OpenAsync(Options);
    }

    public async Task<StorageWriter> Open(Func<IStorageDatabase, IStorageDatabase> wrap)
    {
        Connection ??= await server.NewDatabase();
        return await Task.Run(() => new PostgreSqlStorage(Connection).Open(Options, wrap));
    }

    public override void AssertNothingIsLeft()
    {
        foreach (var table in (string[])["session", "subscription", "message", "delivery", "received"])
            Assert.Equal((table, 0L), (table, Scalar($"SELECT count(*) FROM akka_mqtt.{table}")));
    }

    public long Scalar(string sql, string settings = "") => PostgreSqlServer.ScalarAsync(Connection + settings, sql).GetAwaiter().GetResult();

    public override async ValueTask DisposeAsync()
    {
        if (_engine is not null)
            await _engine.DisposeAsync();
    }
}

[Collection(PostgreSqlCollection.Name)]
public sealed class PostgreSqlEngineBehaviourSpec(PostgreSqlServer server) : EngineSpec(new PostgreSqlHost(server));

[Collection(PostgreSqlCollection.Name)]
public sealed class PostgreSqlEngineModelSpec(PostgreSqlServer server) : EngineModelSpec
{
    private protected override EngineHost Host() => new PostgreSqlHost(server);
}

[Collection(PostgreSqlCollection.Name)]
public sealed class PostgreSqlDyingWriterSpec(PostgreSqlServer server) : DyingWriterSpec
{
    private readonly PostgreSqlHost _host = new(server);

    private protected override EngineHost Host => _host;

    private protected override Task<StorageWriter> Open(Func<IStorageDatabase, IStorageDatabase> wrap) => _host.Open(wrap);
}

[Collection(PostgreSqlCollection.Name)]
public sealed class PostgreSqlStorageSpec(PostgreSqlServer server, ITestOutputHelper output)
{
    private static StoreOp.SessionStarted Started(long session, EngineHost host) => new(session, new SessionKey("", null, "a"), null, host.Now);

    private static StoreOp.Queued Queued(IStorageEngine engine, EngineHost host, long session, string topic) =>
        new(engine.NextMessages(1), [new Publish(topic, "p") { QoS = QualityOfService.AtLeastOnce }], host.Now, [session], null);

    private static async Task Until(Func<bool> condition)
    {
        var until = Environment.TickCount64 + 60_000;
        while (!condition())
        {
            Assert.True(Environment.TickCount64 < until, "not in 60 s");
            await Task.Delay(20);
        }
    }

    private static async Task<string> Refusal(string connection, EngineHost host) =>
        (await Assert.ThrowsAsync<MqttStorageException>(async () => await new PostgreSqlStorage(connection).OpenAsync(host.Options))).Message;

    [EngineFact]
    public async Task A_database_has_one_server_at_a_time()
    {
        await using var host = new PostgreSqlHost(server);
        await host.Open();
        Assert.Matches("is used by another server \\(process [0-9]+ of PostgreSQL\\)", await Refusal(host.Connection!, host));
    }

    [EngineFact]
    public async Task A_newer_schema_is_refused()
    {
        await using var host = new PostgreSqlHost(server);
        await (await host.Open()).DisposeAsync();
        host.Scalar("UPDATE akka_mqtt.meta SET value = 99 WHERE key = 'version' RETURNING 1");
        Assert.Contains("was written by a newer program (schema 99, this one reads up to 3)", await Refusal(host.Connection!, host), StringComparison.Ordinal);
    }

    [EngineFact]
    public async Task A_server_that_is_away_a_database_that_is_missing_and_one_that_is_read_only_are_named()
    {
        await using var host = new PostgreSqlHost(server);
        Assert.Contains("cannot be reached", await Refusal("Host=127.0.0.1;Port=1;Username=test;Database=x;Timeout=2", host), StringComparison.Ordinal);
        Assert.Contains("create it first", await Refusal($"Host=127.0.0.1;Port={server.Port};Username=test;Database=nowhere", host), StringComparison.Ordinal);
        var connection = await server.NewDatabase();
        Assert.Contains("is read-only", await Refusal($"{connection};Options=-c default_transaction_read_only=on", host), StringComparison.Ordinal);
    }

    [EngineFact]
    public async Task A_server_that_restarts_is_written_again_and_nothing_is_lost_or_doubled()
    {
        await using var host = new PostgreSqlHost(server);
        var engine = await host.Open();
        var session = engine.NextSession();
        await engine.Write(Started(session, host));
        var receipts = new List<AwaitedReceipt>();
        var restarted = Task.CompletedTask;
        for (var at = 0; at < 600; at++)
        {
            if (at == 200)
                restarted = Restart();
            receipts.Add(new AwaitedReceipt());
            engine.Append(new StoreUnit([Queued(engine, host, session, $"{at}")], receipts[^1]));
            if (at % 10 == 0)
                await Task.Delay(2);
        }
        await restarted;
        await receipts[^1].Task;
        Assert.All(receipts, receipt => Assert.Equal(1, receipt.Completions));
        Assert.Equal(Enumerable.Range(0, 600).Select(at => $"{at}"), (await engine.Read(session))!.State.Queue.Values.Select(each => each.Packet.Topic));
        Assert.Equal(600, host.Scalar("SELECT sum(refs) FROM akka_mqtt.message"));

        async Task Restart()
        {
            await server.Stop("immediate");
            server.Start();
        }
    }

    [EngineFact]
    public async Task What_was_acknowledged_is_there_after_a_kill() =>
        await new CrashTest(await server.NewDatabase(), output.WriteLine).Run(101, 4);

    [EngineFact]
    public async Task A_table_that_is_lost_is_named_while_running_and_heals()
    {
        await using var host = new PostgreSqlHost(server);
        var engine = await host.Open();
        var session = engine.NextSession();
        await engine.Write(Started(session, host));
        host.Scalar("ALTER TABLE akka_mqtt.message RENAME TO gone; SELECT 1");
        var receipt = new AwaitedReceipt();
        engine.Append(new StoreUnit([Queued(engine, host, session, "a")], receipt));
        await Until(() => engine.Health == StorageHealth.Failing);
        Assert.Contains(host.Log, line => line.Contains("a table has been lost", StringComparison.Ordinal));
        host.Scalar("ALTER TABLE akka_mqtt.gone RENAME TO message; SELECT 1");
        await receipt.Task;
        Assert.Single((await engine.Read(session))!.State.Queue);
    }

    [EngineFact]
    public async Task A_table_that_is_lost_is_named_at_the_start()
    {
        await using var host = new PostgreSqlHost(server);
        await (await host.Open()).DisposeAsync();
        foreach (var table in (string[])["meta", "run", "session", "subscription", "message", "delivery", "received", "retained"])
        {
            host.Scalar($"ALTER TABLE akka_mqtt.{table} RENAME TO gone; SELECT 1");
            Assert.EndsWith($"has lost a table (akka_mqtt.{table}): restore it from a backup.", await Refusal(host.Connection!, host), StringComparison.Ordinal);
            host.Scalar($"ALTER TABLE akka_mqtt.gone RENAME TO {table}; SELECT 1");
        }
        await host.Open();
    }

    [EngineFact]
    public async Task A_database_that_becomes_read_only_is_named_while_running_and_heals()
    {
        await using var host = new PostgreSqlHost(server);
        var engine = await host.Open();
        var session = engine.NextSession();
        await engine.Write(Started(session, host));
        var receipt = new AwaitedReceipt();
        host.Scalar("ALTER DATABASE " + DatabaseOf(host) + " SET default_transaction_read_only = on; SELECT 1");
        Disconnect(host);
        engine.Append(new StoreUnit([Queued(engine, host, session, "a")], receipt));
        await Until(() => host.Log.Any(static line => line.Contains("is read-only: connect to the primary", StringComparison.Ordinal)));
        Assert.True(engine.FailedCommits > 0);
        host.Scalar("ALTER DATABASE " + DatabaseOf(host) + " RESET default_transaction_read_only; SELECT 1", ";Options=-c default_transaction_read_only=off");
        Disconnect(host);
        await receipt.Task;
        Assert.Single((await engine.Read(session))!.State.Queue);
        Assert.Contains(host.Log, static line => line.Contains("is written again", StringComparison.Ordinal));
    }

    private static string DatabaseOf(PostgreSqlHost host) => new NpgsqlConnectionStringBuilder(host.Connection).Database!;

    // Those that are connected go on with the settings that they began with.
    private static void Disconnect(PostgreSqlHost host) =>
        host.Scalar("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()");

    [EngineFact]
    public async Task Topics_and_filters_may_be_as_long_as_MQTT_allows()
    {
        await using var host = new PostgreSqlHost(server);
        var engine = await host.Open();
        var random = new Random(1);
        var topic = new string([.. Enumerable.Range(0, 65_000).Select(_ => (char)random.Next('a', 'z'))]);
        var session = engine.NextSession();
        await engine.Write(
            Started(session, host),
            new StoreOp.Subscribed(session, [new(new Subscription(topic), 0)]),
            new StoreOp.RetainedSet(new RetainedRecord(new Publish(topic, "p") { Retain = true }, host.Now, "p")));
        Assert.Equal(topic, (await engine.LoadRetainedAsync().All()).Single().Packet.Topic);
        await engine.Write(new StoreOp.Unsubscribed(session, [topic]), new StoreOp.RetainedRemoved(topic));
        Assert.Empty((await engine.LoadSessionsAsync().All()).Single().Subscriptions);
        Assert.Empty(await engine.LoadRetainedAsync().All());
    }

    [Fact]
    public void A_URI_is_a_connection_too()
    {
        var settings = ConnectionText.Parse("postgres://us%40er:se%3Acret@db.example:6000/data?sslmode=verify-full&application_name=x");
        Assert.Equal(("db.example", 6000, "us@er", "se:cret", "data", SslMode.VerifyFull, "x"),
            (settings.Host, settings.Port, settings.Username, settings.Password, settings.Database, settings.SslMode, settings.ApplicationName));
        Assert.Throws<ArgumentException>(() => new PostgreSqlStorage("Hots=1"));
    }
}
