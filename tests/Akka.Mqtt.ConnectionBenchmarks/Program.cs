using System.CommandLine;
using Akka.Mqtt.ConnectionBenchmarks;

// Benchmarks of whole connections: server side in this process on one core, the peer in a process of its own on the other.
//   dotnet run -c Release --project tests/Akka.Mqtt.ConnectionBenchmarks -- loopback
//   dotnet run -c Release --project tests/Akka.Mqtt.ConnectionBenchmarks -- idle --connections 10000
//   dotnet run -c Release --project tests/Akka.Mqtt.ConnectionBenchmarks -- churn --connections 200000
// Servers that do as little as possible, for a load generator outside: what a server costs at least.
//   dotnet run -c Release --project tests/Akka.Mqtt.ConnectionBenchmarks -- floor connect --port 1900
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

return await new RootCommand("Benchmarks of whole connections.") { loopback, idle, churn, blast, hold, cycle, floor }.Parse(args).InvokeAsync();
