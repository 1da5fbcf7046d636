using System.CommandLine;
using Akka.Actor;
using Akka.Configuration;
using Akka.Mqtt;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server;
using Akka.Streams;
using Akka.Streams.Dsl;
using IngestToPostgres;
using Npgsql;

var smoke = new Option<bool>("--smoke") { Description = "Run against a PostgreSQL of its own, which goes away in between, then end." };
var database = new Option<string>("--database") { DefaultValueFactory = _ => "Host=localhost;Username=postgres;Database=postgres", Description = "Npgsql's connection string." };
var root = new RootCommand("An MQTT server that writes measured/# into a table.") { smoke, database };
root.SetAction(async (result, cancellation) =>
{
    if (result.GetValue(smoke))
        return await SmokeAsync();
    using var system = ActorSystem.Create("ingest");
    await using var source = NpgsqlDataSource.Create(result.GetValue(database)!);
    await Ingest.CreateTableAsync(source);
    await using var server = await MqttServer.StartAsync(system, cancellationToken: cancellation);
    await using var client = await server.ConnectClientAsync("ingest", cancellationToken: cancellation);
    _ = Ingest.RunAsync(client, source, system.Materializer());
    Console.WriteLine($"{string.Join(' ', server.Endpoints)} into {source.ConnectionString}. Ctrl+C ends it.");
    await Task.Delay(Timeout.Infinite, cancellation).ContinueWith(_ => { }, TaskScheduler.Default);
    return 0;
});
return await root.Parse(args).InvokeAsync();

static async Task<int> SmokeAsync()
{
    const int Count = 5_000;
    if (!SmokeDatabase.IsInstalled)
    {
        Console.WriteLine("smoke: not run, because PostgreSQL is not installed");
        return 0;
    }
    await using var postgres = await SmokeDatabase.StartAsync();
    await using var source = NpgsqlDataSource.Create(postgres.ConnectionString);
    await Ingest.CreateTableAsync(source);
    using var system = ActorSystem.Create("ingest", ConfigurationFactory.ParseString("akka { loglevel = ERROR, mqtt.server.listeners.tcp.port = 0 }"));
    await using var server = await MqttServer.StartAsync(system);
    await using var client = await server.ConnectClientAsync("ingest");
    var ingesting = Ingest.RunAsync(client, source, system.Materializer());
    await using var plant = await MqttClient.ConnectAsync($"{server.Endpoints[0]}");
    while (await RowsAsync() == 0) // until the stream has subscribed
    {
        await plant.PublishAsync("measured/first", "0", QualityOfService.AtLeastOnce);
        await Task.Delay(50);
    }

    var publishing = Source.From(Enumerable.Range(0, Count))
        .Select(at => new Publish("measured/press", $"{at}") { QoS = QualityOfService.AtLeastOnce })
        .RunWith(MqttSink.Publish(plant), system.Materializer());
    await postgres.StopAsync();
    await publishing; // the server has them, whatever the database does
    await postgres.StartAgainAsync();
    for (var wait = 0; wait < 300 && await RowsAsync("topic = 'measured/press'") < Count; wait++)
        await Task.Delay(100);
    var rows = await RowsAsync("topic = 'measured/press'");
    Console.WriteLine($"{Count} published, {rows} of them are in the table, although the database was away");
    Console.WriteLine(rows == Count && !ingesting.IsCompleted ? "smoke: ok" : "smoke: failed");
    return rows == Count ? 0 : 1;

    async Task<long> RowsAsync(string where = "true")
    {
        try
        {
            await using var count = source.CreateCommand($"select count(distinct payload) from measured where {where}");
            return (long)(await count.ExecuteScalarAsync())!;
        }
        catch (NpgsqlException)
        {
            return 0; // it has just started
        }
    }
}
