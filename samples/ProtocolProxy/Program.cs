using System.CommandLine;
using System.Net;
using Akka.Actor;
using Akka.Mqtt;
using Akka.Mqtt.TestKit;
using ProtocolProxy;

var listen = new Option<int>("--listen") { DefaultValueFactory = _ => 1884, Description = "The port for clients." };
var target = new Option<string>("--target") { DefaultValueFactory = _ => "localhost:1883", Description = "The server, HOST:PORT." };
var hex = new Option<bool>("--hex") { Description = "Show the bytes of each packet with their meaning." };
var split = new Option<int>("--split") { Description = "Cut what the client reads and writes into pieces of so many bytes; 0 does not." };
var delay = new Option<string>("--delay") { DefaultValueFactory = _ => "0ms", Description = "Hold each piece, for example 50ms or 2s." };
var smoke = new Option<bool>("--smoke") { Description = "Run a client and a server through the proxy on free ports, then end." };

var root = new RootCommand("Shows every MQTT packet between a client and a server.") { listen, target, hex, split, delay, smoke };
root.SetAction(async (result, cancellation) =>
{
    using var system = ActorSystem.Create("proxy", "akka.loglevel = WARNING");
    var smoking = result.GetValue(smoke);
    var server = smoking ? await BindAsync(system) : ParseAddress(result.GetValue(target)!);
    var options = new ProxyOptions(server, result.GetValue(hex));
    var rule = result.GetValue(split) is > 0 and var size ? FaultRule.Split(size) : FaultRule.None;
    rule = rule with { Delay = ParseDelay(result.GetValue(delay)!) };
    var address = new IPEndPoint(IPAddress.Loopback, smoking ? 0 : result.GetValue(listen));

    // Faults live in a relay between the clients and the proxy; without faults the proxy listens itself.
    var faulty = rule != FaultRule.None;
    var proxy = await ListenAsync(system, faulty ? new IPEndPoint(IPAddress.Loopback, 0) : address, options);
    await using var relay = faulty ? FaultyRelay.Start(proxy, new FaultPlan { Outbound = rule, Inbound = rule }, address) : null;
    var front = relay?.EndPoint ?? proxy;
    Console.WriteLine($"proxy: {front} to {server}{(relay is null ? "" : $", {relay.Plan}")}");

    var exitCode = smoking ? await SmokeAsync(system, front, cancellation) : await UntilCancelledAsync(cancellation);
    await system.Terminate();
    return exitCode;
});
return await root.Parse(args).InvokeAsync();

static Task<IPEndPoint> ListenAsync(ActorSystem system, IPEndPoint address, ProxyOptions options)
{
    var bound = new TaskCompletionSource<IPEndPoint>(TaskCreationOptions.RunContinuationsAsynchronously);
    system.ActorOf(Props.Create(() => new ProxyListener(address, options, bound)), "proxy");
    return bound.Task;
}

static async Task<EndPoint> BindAsync(ActorSystem system)
{
    var echo = system.ActorOf(Props.Create(() => new EchoServer()), "echo");
    var bound = await system.Mqtt().Ask<Mqtt.Bound>(new Mqtt.Bind(echo, new IPEndPoint(IPAddress.Loopback, 0)), TimeSpan.FromSeconds(10));
    return bound.LocalAddress;
}

static async Task<int> SmokeAsync(ActorSystem system, EndPoint front, CancellationToken cancellation)
{
    var done = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
    system.ActorOf(Props.Create(() => new EchoClient(new Mqtt.Connect(front), done)), "client");
    var echoes = await done.Task.WaitAsync(TimeSpan.FromSeconds(60), cancellation);
    var ok = echoes == EchoClient.Messages;
    Console.WriteLine($"smoke: {echoes} of {EchoClient.Messages} messages came back through the proxy, {Trace.Packets} packets shown: {(ok ? "ok" : "failed")}");
    return ok ? 0 : 1;
}

static async Task<int> UntilCancelledAsync(CancellationToken cancellation)
{
    await Task.Delay(Timeout.Infinite, cancellation).ContinueWith(_ => { }, TaskScheduler.Default);
    return 0;
}

static EndPoint ParseAddress(string text)
{
    var uri = new Uri($"mqtt://{text}");
    return new Mqtt.Connect(uri).RemoteAddress;
}

static TimeSpan ParseDelay(string text)
{
    var (unit, factor) = text.EndsWith("ms", StringComparison.Ordinal) ? ("ms", 1) : ("s", 1000);
    return TimeSpan.FromMilliseconds(double.Parse(text.Replace(unit, "", StringComparison.Ordinal), System.Globalization.CultureInfo.InvariantCulture) * factor);
}
