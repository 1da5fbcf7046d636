using System.CommandLine;
using Akka.Actor;
using Akka.Configuration;
using Akka.Mqtt;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server;
using Akka.Streams;
using Akka.Streams.Dsl;
using BackpressureIngest;

var smoke = new Option<bool>("--smoke") { Description = "Run a server, a fast publisher and a slow database in this process, then end." };
var url = new Option<string>("--url") { DefaultValueFactory = _ => "mqtt://localhost", Description = "The server." };
var filter = new Option<string>("--filter") { DefaultValueFactory = _ => "plant/#", Description = "Which messages." };
var root = new RootCommand("Messages into something slow, at least once, with back-pressure.") { smoke, url, filter };
root.SetAction(async (result, cancellation) =>
{
    var config = ConfigurationFactory.ParseString("akka { loglevel = WARNING, mqtt.server.listeners.tcp.port = 0 }");
    using var system = ActorSystem.Create("ingest", config);
    if (result.GetValue(smoke))
        return await SmokeAsync(system);
    await using var client = await MqttClient.ConnectAsync(SettingsFor(result.GetValue(url)!), system, cancellation);
    var (_, done) = Ingest.Run(client, result.GetValue(filter)!, InsertAsync, system.Materializer());
    await done.WaitAsync(cancellation).ContinueWith(_ => { }, TaskScheduler.Default);
    return 0;

    static async Task InsertAsync(IReadOnlyList<string> batch)
    {
        await Task.Delay(200, CancellationToken.None); // a database
        Console.WriteLine($"inserted {batch.Count}");
    }
});
return await root.Parse(args).InvokeAsync();

// The session outlives the program, so messages that come while it does not run are not lost.
static MqttClientSettings SettingsFor(string url) => MqttClientSettings.Create((Config?)null) with
{
    Servers = [new Uri(url)], ClientId = "ingest", CleanStart = false, SessionExpiry = TimeSpan.FromDays(1), ReceiveMaximum = 1_000,
};

static async Task<int> SmokeAsync(ActorSystem system)
{
    const int Count = 5_000;
    await using var server = await MqttServer.StartAsync(system);
    await using var client = await MqttClient.ConnectAsync(SettingsFor($"{server.Endpoints[0]}"), system);
    await using var plant = await MqttClient.ConnectAsync(SettingsFor($"{server.Endpoints[0]}") with { ClientId = "plant" }, system);
    await plant.PublishAsync(new Publish("plant/press/state", "on") { Retain = true });
    var inserted = new HashSet<string>();
    var subscribed = new TaskCompletionSource();
    var all = new TaskCompletionSource();
    var (inserts, failures) = (0, 0);
    var (stop, done) = Ingest.Run(client, "plant/#", InsertAsync, system.Materializer());
    await Task.WhenAny(subscribed.Task, Task.Delay(TimeSpan.FromSeconds(20))); // the retained message has come

    await Source.From(Enumerable.Range(0, Count))
        .Select(at => new Publish("plant/press/measured", $"{at}") { QoS = QualityOfService.AtLeastOnce })
        .RunWith(MqttSink.Publish(plant), system.Materializer());
    await Task.WhenAny(all.Task, Task.Delay(TimeSpan.FromSeconds(60)));
    stop.Shutdown();
    await done;
    Console.WriteLine($"{inserted.Count} of {Count} inserted by {inserts} inserts, {failures} of which failed");
    Console.WriteLine(inserted.Count == Count && failures > 0 ? "smoke: ok" : "smoke: failed");
    return inserted.Count == Count && failures > 0 ? 0 : 1;

    async Task InsertAsync(IReadOnlyList<string> batch)
    {
        await Task.Delay(10);
        if (++inserts % 4 == 2)
        {
            failures++;
            throw new IOException("the database is away");
        }
        subscribed.TrySetResult();
        inserted.UnionWith(batch.Where(text => text != "on"));
        if (inserted.Count == Count)
            all.TrySetResult();
    }
}
