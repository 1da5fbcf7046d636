using System.CommandLine;
using Akka.Mqtt.Soak;
using Akka.Mqtt.Soak.Attacks;
using Akka.Mqtt.Soak.ClientCrash;
using Akka.Mqtt.Soak.ClientFaults;
using Akka.Mqtt.Soak.Clusters;
using Akka.Mqtt.Soak.Figures;
using Akka.Mqtt.Soak.Scale;

// dotnet run -c Release --project tests/Akka.Mqtt.Soak -- fuzz --seconds 60 --seed 1
// dotnet run -c Release --project tests/Akka.Mqtt.Soak -- soak --minutes 10 --seed 1
// dotnet run -c Release --project tests/Akka.Mqtt.Soak -- client-faults --schedules 10000 --seed 1 --server own
// dotnet run -c Release --project tests/Akka.Mqtt.Soak -- client-crash --kills 300 --seed 1
// dotnet run -c Release --project tests/Akka.Mqtt.Soak -- memory --minutes 3        (or descriptors, or logins)
// dotnet run -c Release --project tests/Akka.Mqtt.Soak -- cluster --rounds 100 --seed 1
// dotnet run -c Release --project tests/Akka.Mqtt.Soak -- cluster-database "Host=127.0.0.1;Username=test;Database=soak" --rounds 100 --seed 1
// dotnet run -c Release --project tests/Akka.Mqtt.Soak -- directory --schedules 100000 --seed 1
// dotnet run -c Release --project tests/Akka.Mqtt.Soak -- scale --nodes 3 10 30 100
// dotnet run -c Release --project tests/Akka.Mqtt.Soak -- cluster-figures filters     (or takeover, killed, hangs)
var seed = new Option<int>("--seed") { DefaultValueFactory = _ => 1, Description = "The same seed does the same in the same order." };
var seconds = new Option<int>("--seconds") { DefaultValueFactory = _ => 60, Description = "How long." };
var minutes = new Option<double>("--minutes") { DefaultValueFactory = _ => 10, Description = "How long." };
var port = new Option<int?>("--port") { Description = "A server that runs already, on this machine; without it one is started in this process." };

var busy = new Option<bool>("--busy") { Description = "The machine does other things too: the good client may wait 30 s instead of 2." };
var fuzz = new Command("fuzz", "Damaged packets and random sequences; after each case a good client is served and an idle one undisturbed.") { seconds, seed, port, busy };
fuzz.SetAction((result, _) => Fuzzer.RunAsync(TimeSpan.FromSeconds(result.GetValue(seconds)), result.GetValue(seed), result.GetValue(port), result.GetValue(busy)));
var log = new Option<string>("--log") { DefaultValueFactory = _ => "ERROR", Description = "akka.loglevel of the server in this process." };
var soak = new Command("soak", "Connects, takeovers, subscriptions, slow and dying clients; memory, handles and sessions stay flat.") { minutes, seed, log, busy };
soak.SetAction((result, _) => Soaker.RunAsync(TimeSpan.FromMinutes(result.GetValue(minutes)), result.GetValue(seed), result.GetValue(log)!, result.GetValue(busy)));

// Each starts akka-mqtt in a process of its own, with limits, prints its peaks as one line of JSON, and has exit code 1 when something was not as promised.
var memory = new Command(
    "memory",
    "Offline queues, subscribers that do not read or do not acknowledge, long filters and user properties, against 256 MB of heap and memory.limit. The clients at work are served, the process stays below 384 MB, and a new client is accepted within 40 s after each.")
{ minutes, busy };
memory.SetAction((result, _) => MemoryAttack.RunAsync(TimeSpan.FromMinutes(result.GetValue(minutes)), result.GetValue(busy)));
var descriptors = new Command(
    "descriptors",
    "More silent connections than ulimit -n (300, 400, 600, 1024): the clients at work are served, a new client is accepted after each wave, the log has no stack trace. Not on Windows.")
{ minutes, busy };
descriptors.SetAction((result, _) => DescriptorAttack.RunAsync(TimeSpan.FromMinutes(result.GetValue(minutes)), result.GetValue(busy)));
var logins = new Command(
    "logins",
    "3,000 wrong passwords at once, then 6,000 by clients that close at once: a good login from another address takes a second at most. Only on Linux.")
{ minutes, busy };
logins.SetAction((result, _) => LoginAttack.RunAsync(TimeSpan.FromMinutes(result.GetValue(minutes)), result.GetValue(busy)));

var schedules = new Option<int>("--schedules") { DefaultValueFactory = _ => 1000, Description = "How many schedules." };
var server = new Option<string>("--server")
{
    DefaultValueFactory = _ => "own", Description = "own, mosquitto or mqttnet, which are started; or address:port of one that keeps sessions and queues.",
};
var parallel = new Option<int>("--parallel") { DefaultValueFactory = _ => 64, Description = "Schedules at once." };
var trace = new Option<string?>("--trace") { Description = "A directory: for each schedule with a fault it gets the packets that passed, in a file of the seed." };
var clientFaults = new Command(
    "client-faults",
    "Managed clients whose connections are cut, stalled, split and delayed: nothing acknowledged is lost, QoS 2 is not doubled, topics keep their order. To replay schedule n: --seed n --schedules 1.")
{ schedules, seed, server, parallel, log, trace };
clientFaults.SetAction((result, _) => ClientFaultRun.RunAsync(
    result.GetValue(schedules), result.GetValue(seed), result.GetValue(server)!, result.GetValue(parallel), result.GetValue(log)!, result.GetValue(trace)));
var kills = new Option<int>("--kills") { DefaultValueFactory = _ => 100, Description = "How many." };
var clientCrash = new Command(
    "client-crash",
    "A process whose client has its queue in a file is killed under load, again and again on the same file. Odd seeds use MQTT 5.0, even ones 3.1.1. What was stored or acknowledged arrives; nothing of QoS 2 arrives twice, in either direction.")
{ kills, seed };
clientCrash.SetAction((result, _) => ClientCrashRun.RunAsync(result.GetValue(kills), result.GetValue(seed)));
var file = new Option<string>("--file") { Required = true, Description = "The queue." };
var tap = new Option<int>("--port") { Required = true, Description = "The server." };
var v5 = new Option<bool>("--v5") { Description = "MQTT 5.0 instead of 3.1.1." };
var last = new Option<bool>("--last") { Description = "Publishes nothing, and ends when its queue is empty." };
var clientCrashChild = new Command("client-crash-child", "The process that client-crash kills.") { file, tap, seed, v5, last };
clientCrashChild.Hidden = true;
clientCrashChild.SetAction((result, _) => CrashProcess.RunAsync(
    result.GetValue(file)!, result.GetValue(tap), result.GetValue(seed), result.GetValue(v5), result.GetValue(last)));
var rounds = new Option<int>("--rounds") { DefaultValueFactory = _ => 20, Description = "How many; each takes from a second to half a minute." };
var cluster = new Command(
    "cluster",
    "Three nodes; in each round one of them is killed, stopped for a moment, stopped until the others have removed it, or nothing is done to it. What was acknowledged has reached the subscribers of all nodes that live, once at QoS 2, in order. Not on Windows.")
{ rounds, seed };
cluster.SetAction((result, _) => ClusterFaults.RunAsync(result.GetValue(rounds), result.GetValue(seed)));
var database = new Argument<string>("connection") { Description = "An empty PostgreSQL database: a connection string of Npgsql, or a postgres:// URI." };
var underLoad = new Option<bool>("--under-load")
{
    Description = "Kill a node in each round while messages are published, start half of them again at once, and count what was acknowledged and is lost.",
};
var clusterDatabase = new Command(
    "cluster-database",
    "Three nodes that share a database, and clients with kept sessions. In each round clients connect to other nodes under load, or a node is killed between two loads and its clients go to other nodes. What was acknowledged has come, in order; what came twice at QoS 2 is counted. Not on Windows.")
{ database, rounds, seed, underLoad };
clusterDatabase.SetAction((result, _) => DatabaseFaults.RunAsync(
    result.GetValue(database)!, result.GetValue(rounds), result.GetValue(seed), result.GetValue(underLoad)));
var directories = new Option<int>("--schedules") { DefaultValueFactory = _ => 100_000, Description = "How many." };
var directory = new Command(
    "directory",
    "The directories of several nodes by virtual time: messages are lost and late, nodes join and die. No client identifier has two owners, no session is lost by a move.")
{ directories, seed };
directory.SetAction((result, _) => Task.FromResult(DirectoryRun.Run(result.GetValue(directories), result.GetValue(seed))));
var scaleNodes = new Option<int[]>("--nodes") { AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [3, 10, 30, 100], Description = "Numbers of nodes." };
var scaleFilters = new Option<int>("--filters") { DefaultValueFactory = _ => 20_000, Description = "Distinct filters of the whole cluster." };
var scaleSessions = new Option<int>("--sessions") { DefaultValueFactory = _ => 200_000, Description = "Sessions of the whole cluster." };
var modelFilters = new Option<long>("--model-filters") { DefaultValueFactory = _ => 10_000_000, Description = "Filters of the model." };
var modelSessions = new Option<long>("--model-sessions") { DefaultValueFactory = _ => 100_000_000, Description = "Sessions of the model." };
var scale = new Command("scale", "Counts what clusters of several sizes cost, with the code of the server for routing and ownership, and prints what follows for more clients. Measures no time.")
{ scaleNodes, scaleFilters, scaleSessions, modelFilters, modelSessions };
scale.SetAction((result, _) => ScaleRun.RunAsync(
    result.GetValue(scaleNodes)!, result.GetValue(scaleFilters), result.GetValue(scaleSessions), result.GetValue(modelFilters), result.GetValue(modelSessions)));
var figureFilters = new Option<int>("--filters") { DefaultValueFactory = _ => 200_000, Description = "Distinct filters." };
var filterFigures = new Command("filters", "How long until a new subscription is visible on all nodes, and until a node that joins has all filters; memory of a filter there.") { figureFilters };
filterFigures.SetAction((result, _) => FilterFigures.RunAsync(result.GetValue(figureFilters)));
var rate = new Option<int>("--rate") { DefaultValueFactory = _ => 100, Description = "Connects a second." };
var takeoverFigures = new Command("takeover", "How long clients with kept sessions that connect to another node wait for CONNACK.") { rate, seconds, seed };
takeoverFigures.SetAction((result, _) => TakeoverFigures.RunAsync(result.GetValue(rate), result.GetValue(seconds), result.GetValue(seed)));
var killed = new Command("killed", "A node is killed: how long publishers wait, and when it has left the routes.");
killed.SetAction((_, _) => LossFigures.RunAsync(hangs: false));
var hangs = new Command("hangs", "The same for a node that gets no time (SIGSTOP). Not on Windows.");
hangs.SetAction((_, _) => LossFigures.RunAsync(hangs: true));
var figures = new Command("cluster-figures", "Measures a cluster of three nodes in processes of their own, with the defaults of serve. Needs a quiet machine.") { filterFigures, takeoverFigures, killed, hangs };
return await new RootCommand("Tries to wear servers down, and clients.") { clientFaults, clientCrash, clientCrashChild, fuzz, soak, memory, descriptors, logins, cluster, clusterDatabase, directory, scale, figures }
    .Parse(args).InvokeAsync();
