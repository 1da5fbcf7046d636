using System.CommandLine;
using System.Net;
using Akka.Actor;
using Akka.Mqtt;
using RawConnection;

const string Quiet = "akka.loglevel = WARNING";

var smoke = new Option<bool>("--smoke") { Description = "Run a server and a client against each other on a free port, then end." };
var host = new Option<string>("--host") { DefaultValueFactory = _ => "localhost", Description = "The server to connect to." };
var port = new Option<int>("--port") { DefaultValueFactory = _ => 1883, Description = "The port." };

var server = new Command("server", "Answer clients by hand until Ctrl-C.") { port };
server.SetAction(async (result, cancellation) =>
{
    using var system = ActorSystem.Create("raw-server", Quiet);
    await ServeAsync(system, result.GetValue(port));
    await Task.Delay(Timeout.Infinite, cancellation).ContinueWith(_ => { }, TaskScheduler.Default);
    await system.Terminate();
    return 0;
});

var client = new Command("client", "Connect, publish, disconnect.") { host, port };
client.SetAction(async (result, cancellation) =>
{
    using var system = ActorSystem.Create("raw-client", Quiet);
    var done = await RunClientAsync(system, new Mqtt.Connect(result.GetValue(host)!, result.GetValue(port)), cancellation);
    await system.Terminate();
    return done ? 0 : 1;
});

var root = new RootCommand("A raw MQTT connection, by hand: the example of mqtt-connection for Node.js, both ways.") { smoke, server, client };
root.SetAction(async (result, cancellation) =>
{
    if (!result.GetValue(smoke))
        return await root.Parse("--help").InvokeAsync(cancellationToken: cancellation);
    using var system = ActorSystem.Create("raw-smoke", Quiet);
    var address = await ServeAsync(system, 0);
    var done = await RunClientAsync(system, new Mqtt.Connect(address), cancellation);
    await system.Terminate();
    Console.WriteLine(done ? "smoke: ok" : "smoke: the client did not get to its end");
    return done ? 0 : 1;
});
return await root.Parse(args).InvokeAsync();

static Task<IPEndPoint> ServeAsync(ActorSystem system, int port)
{
    var bound = new TaskCompletionSource<IPEndPoint>(TaskCreationOptions.RunContinuationsAsynchronously);
    var address = new IPEndPoint(IPAddress.Loopback, port);
    system.ActorOf(Props.Create(() => new RawServer(address, bound)), "server");
    return bound.Task;
}

static Task<bool> RunClientAsync(ActorSystem system, Mqtt.Connect dial, CancellationToken cancellation)
{
    var done = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
    system.ActorOf(Props.Create(() => new RawClient(dial, done)), "client");
    return done.Task.WaitAsync(TimeSpan.FromSeconds(30), cancellation);
}
