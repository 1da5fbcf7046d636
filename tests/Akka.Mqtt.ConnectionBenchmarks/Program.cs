using System.CommandLine;
using Akka.Mqtt.ConnectionBenchmarks;
using Akka.Mqtt.ConnectionBenchmarks.Clients;

// Benchmarks of whole connections: server side in this process on one core, the peer in a process of its own on the other.
//   dotnet run -c Release --project tests/Akka.Mqtt.ConnectionBenchmarks -- loopback
//   dotnet run -c Release --project tests/Akka.Mqtt.ConnectionBenchmarks -- idle --connections 10000
//   dotnet run -c Release --project tests/Akka.Mqtt.ConnectionBenchmarks -- churn --connections 200000
// Servers that do as little as possible, for a load generator outside: what a server costs at least.
//   dotnet run -c Release --project tests/Akka.Mqtt.ConnectionBenchmarks -- floor connect --port 1900
//   dotnet run -c Release --project tests/Akka.Mqtt.ConnectionBenchmarks -- client --rounds 3
//   dotnet run -c Release --project tests/Akka.Mqtt.ConnectionBenchmarks -- client-idle --connections 10000
//   dotnet run -c Release --project tests/Akka.Mqtt.ConnectionBenchmarks -- client-reconnects --connections 1000000
var seconds = new Option<double>("--seconds") { DefaultValueFactory = _ => 5, Description = "Seconds measured, after one second of warm-up." };
var connections = new Option<int>("--connections") { DefaultValueFactory = _ => 10_000, Description = "How many connections." };
var port = new Option<int>("--port") { Required = true };
var receiver = new Option<string>("--receiver") { DefaultValueFactory = _ => "all", Description = "bare, batches, each, pull, or all." };
var kind = new Option<string>("--kind") { DefaultValueFactory = _ => "all", Description = "island, inline, or all." };

var loopback = new Command("loopback", "64-byte QoS 0 publishes into one connection, beside the same Akka.IO connection without framing.") { seconds, receiver };
loopback.SetAction(async (r, _) => await Loopback.RunAsync(r.GetValue(receiver)!, r.GetValue(seconds)));
var idle = new Command("idle", "Memory and CPU of idle connections, beside decoding inline in an actor.") { connections, kind };
idle.SetAction(async (r, _) => await Idle.RunAsync(r.GetValue(kind)!, r.GetValue(connections)));
var churn = new Command("churn", "Connects and disconnects; the heap and the descriptors must stay flat.") { connections };
churn.SetAction(async (r, _) => await Churn.RunAsync(r.GetValue(connections)));
var blast = new Command("blast", "The peer of loopback.") { port, seconds };
blast.SetAction(r => Peer.Blast(r.GetValue(port), r.GetValue(seconds)));
var hold = new Command("hold", "The peer of idle.") { port, connections };
hold.SetAction(r => Peer.Hold(r.GetValue(port), r.GetValue(connections)));
var cycle = new Command("cycle", "The peer of churn.") { port, connections };
cycle.SetAction(r => Peer.Cycle(r.GetValue(port), r.GetValue(connections)));

var floorKind = new Argument<string>("kind") { Description = "What it does as little for as possible." };
floorKind.AcceptOnlyFromAmong("connect", "w1", "tls", "akka-io");
var floor = new Command("floor", "A server that does as little as a .NET program can do: what a server costs at least.") { floorKind, port };
floor.SetAction(async (r, _) =>
{
    var at = r.GetValue(port);
    switch (r.GetValue(floorKind))
    {
        case "connect":
            await Floor.ConnectAsync(at);
            break;
        case "w1":
            Floor.WindowOne(at);
            break;
        case "tls":
            await Floor.TlsAsync(at);
            break;
        default:
            await Floor.AkkaIoAsync(at);
            break;
    }
});

// The managed client. Each client under test has a process of its own, whose CPU is measured.
var servers = new Option<string[]>("--servers") { DefaultValueFactory = _ => ["own", "mosquitto"], AllowMultipleArgumentsPerToken = true, Description = "own, mosquitto." };
var clients = new Option<string[]>("--clients") { DefaultValueFactory = _ => ClientCase.Names, AllowMultipleArgumentsPerToken = true, Description = "actor, tasks, mqttnet." };
var directions = new Option<string[]>("--directions")
{
    DefaultValueFactory = _ => ["publish", "receive"], AllowMultipleArgumentsPerToken = true, Description = "publish, receive.",
};
var levels = new Option<int[]>("--qos") { DefaultValueFactory = _ => [0, 1, 2], AllowMultipleArgumentsPerToken = true, Description = "QoS of the messages." };
var sizes = new Option<int[]>("--size") { DefaultValueFactory = _ => [64, 8192, 32768], AllowMultipleArgumentsPerToken = true, Description = "Bytes of a payload." };
var rounds = new Option<int>("--rounds") { DefaultValueFactory = _ => 3, Description = "Rounds of each case; the table has the medians." };
var client = new Command("client", "CPU and rate of our managed client and of MQTTnet's client, against the same server, alternating.")
{ servers, clients, directions, levels, sizes, seconds, rounds };
client.SetAction((r, _) => new ClientComparison(
    r.GetValue(servers)!, r.GetValue(clients)!, r.GetValue(directions)!, r.GetValue(levels)!, r.GetValue(sizes)!, r.GetValue(seconds), r.GetValue(rounds)).RunAsync());
var name = new Option<string>("--client") { Required = true };
var direction = new Option<string>("--direction") { Required = true };
var clientRun = new Command("client-run", "One client of the command client: prints its rate and its CPU a message.") { name, direction, levels, sizes, port, seconds };
clientRun.SetAction((r, _) => ClientRun.RunAsync(Case(r)));
var clientLoad = new Command("client-load", "The publisher for a client that receives.") { name, direction, levels, sizes, port, seconds };
clientLoad.SetAction((r, _) => ClientRun.LoadAsync(Case(r)));
var clientServer = new Command("client-server", "Our server for the command client: prints its port.");
clientServer.SetAction((_, _) => BenchServer.RunAsync());
var clientIdle = new Command("client-idle", "Memory of idle managed clients.") { connections };
clientIdle.SetAction((r, _) => ClientIdle.RunAsync(r.GetValue(connections)));
var clientReconnects = new Command("client-reconnects", "Reconnects of managed clients in memory; exit code 1 when the heap does not stay flat.") { connections };
clientReconnects.SetAction((r, _) => ClientReconnects.RunAsync(r.GetValue(connections)));

ClientCase Case(ParseResult r) =>
    new(r.GetValue(name)!, r.GetValue(direction)!, r.GetValue(levels)![0], r.GetValue(sizes)![0], r.GetValue(port), r.GetValue(seconds));

return await new RootCommand("Benchmarks of whole connections.") { loopback, idle, churn, blast, hold, cycle, floor, client, clientRun, clientLoad, clientServer, clientIdle, clientReconnects }.Parse(args).InvokeAsync();
