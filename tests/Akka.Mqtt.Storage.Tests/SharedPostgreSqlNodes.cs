using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Stores;
using Akka.Mqtt.Storage.PostgreSql;

namespace Akka.Mqtt.Storage.Tests;

/// <summary>Base of the specs with several nodes of a cluster in one database.</summary>
public abstract class SharedPostgreSqlNodes(PostgreSqlServer server) : IAsyncLifetime
{
    private protected const string One = "akka.tcp://a@one:1#1";
    private protected const string Two = "akka.tcp://a@two:1#2";
    private protected const string Three = "akka.tcp://a@three:1#3";

    private readonly List<IStorageEngine> _engines = [];

    private protected PostgreSqlHost Host { get; } = new(server);

    /// <summary>The connection string of the database.</summary>
    private protected string Connection { get; private set; } = "";

    public async Task InitializeAsync()
    {
        if (PostgreSqlServer.Missing is null)
            Connection = await server.NewDatabase();
    }

    public async Task DisposeAsync()
    {
        foreach (var engine in _engines)
            await engine.DisposeAsync();
        await Host.DisposeAsync();
    }

    private protected async Task<IStorageEngine> Open(string? node)
    {
        var engine = await new PostgreSqlStorage(Connection).OpenAsync(Host.Options with { Node = node });
        _engines.Add(engine);
        return engine;
    }

    private protected async Task<long> Begin(IStorageEngine engine, string clientId = "a", bool isParked = true)
    {
        var session = engine.NextSession();
        await engine.Write(
            new StoreOp.SessionStarted(session, new SessionKey("", null, clientId), null, Host.Now),
            new StoreOp.Connected(session, 5, 3600, Host.Now),
            new StoreOp.Subscribed(session, [new(new Subscription("#", QualityOfService.AtLeastOnce), 0)]));
        if (isParked)
            await engine.Write(new StoreOp.Disconnected(session, 3600, Host.Now), new StoreOp.Parked(session, 0, 0));
        return session;
    }

    private protected StoreOp.Queued Queued(IStorageEngine engine, string topic, params long[] sessions) =>
        new(engine.NextMessages(1), [new Publish(topic, "p") { QoS = QualityOfService.AtLeastOnce }], Host.Now, sessions, null);

    private protected static async Task<string[]> TopicsOf(IStorageEngine engine, long session) =>
        [.. (await engine.Read(session))!.State.Queue.Values.Select(static each => each.Packet.Topic)];

    private protected static async Task<string[]> ClientsOf(IStorageEngine engine) =>
        [.. (await engine.LoadSessionsAsync().All()).Select(static each => each.Key.ClientId).Order()];

    private protected Task<long> Scalar(string sql) => PostgreSqlServer.ScalarAsync(Connection, sql);
}
