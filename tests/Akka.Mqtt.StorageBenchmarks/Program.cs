using System.CommandLine;
using Akka.Mqtt.StorageBenchmarks;

var place = new Argument<string>("place") { Description = "A data directory, or a connection string of PostgreSQL." };
var seed = new Option<int>("--seed") { DefaultValueFactory = _ => 1, Description = "The first seed." };
var rounds = new Option<int>("--rounds") { DefaultValueFactory = _ => 100, Description = "How many processes are killed; each has the next seed." };
var atCalls = new Option<bool>("--at-calls")
{
    Description = "Kill each process before its n-th system call that changes a file, where n is half the seed. Needs strace; the directory is deleted.",
};
var crash = new Command("crash", "Kill a process that writes, again and again, and check what is there.") { place, seed, rounds, atCalls };
crash.SetAction(async parsed =>
{
    await new CrashTest(parsed.GetValue(place)!, Console.WriteLine, parsed.GetValue(atCalls)).Run(parsed.GetValue(seed), parsed.GetValue(rounds));
    Console.WriteLine("all rounds passed");
    return 0;
});

var childSeed = new Argument<int>("seed");
var child = new Command("crash-child", "The process that is killed.") { place, childSeed };
child.SetAction(parsed => CrashChild.Run(parsed.GetValue(place)!, parsed.GetValue(childSeed)));

var sessions = new Option<int>("--sessions") { DefaultValueFactory = _ => 10 };
var batch = new Option<int>("--batch") { DefaultValueFactory = _ => 100 };
var size = new Option<int>("--size") { DefaultValueFactory = _ => 64 };
var seconds = new Option<int>("--seconds") { DefaultValueFactory = _ => 10 };
var away = new Option<bool>("--away") { Description = "Nobody removes what was queued." };
var throughput = new Command("throughput", "Messages a second through append, commit and removal.") { place, sessions, batch, size, seconds, away };
throughput.SetAction(parsed => Throughput.Run(
    parsed.GetValue(place)!, parsed.GetValue(sessions), parsed.GetValue(batch), parsed.GetValue(size), parsed.GetValue(seconds), parsed.GetValue(away)));

var akkaMqtt = new Option<string>("--program") { Required = true, Description = "The path of akka-mqtt.dll." };
var live = new Option<double?>("--live") { Description = "Seconds that each server lives, while its storage may be harmed from outside. Default: it is killed at a random moment." };
var checkEvery = new Option<int>("--check-every") { DefaultValueFactory = _ => 10, Description = "In each so many rounds the server lives until everything has arrived, and that is checked." };
var mostLife = new Option<int>("--most-life") { DefaultValueFactory = _ => 800, Description = "Milliseconds that a server lives at most before it is killed." };
var wait = new Option<bool>("--wait") { Description = "When a check fails, say so and leave the server and its clients as they are until this program is ended." };
var server = new Command("crash-server", "Kill akka-mqtt serve under load, again and again, and check what its clients were sent.")
{
    place, akkaMqtt, seed, rounds, live, checkEvery, mostLife, wait,
};
server.SetAction(async parsed =>
{
    var killed = new KilledProcess(parsed.GetValue(akkaMqtt)!, parsed.GetValue(place)!);
    async Task WaitAsync(Exception error)
    {
        Console.WriteLine($"{error.Message} The server is process {killed.Id}. Nothing is ended.");
        await Task.Delay(Timeout.Infinite);
    }
    await new ServerCrash(
        killed, Console.WriteLine, parsed.GetValue(checkEvery), parsed.GetValue(mostLife), failed: parsed.GetValue(wait) ? WaitAsync : null)
        .RunAsync(parsed.GetValue(seed), parsed.GetValue(rounds), parsed.GetValue(live) is { } time ? TimeSpan.FromSeconds(time) : null);
    Console.WriteLine("all rounds passed");
    return 0;
});

return await new RootCommand("Tests of the storage engines that have a command of their own.") { crash, child, server, throughput }.Parse(args).InvokeAsync();
