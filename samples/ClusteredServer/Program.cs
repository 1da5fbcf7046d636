// Two nodes of a cluster in one process: what is published on the first reaches a subscriber of the second. In earnest each node is a process of its own, with
// the same code. With --smoke it ends by itself.
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Akka.Actor;
using Akka.Mqtt.Protocol;
using ClusteredServer;

var isSmoke = args.Contains("--smoke");
var seedPort = isSmoke ? FreePort() : 4053;
var first = await Node.StartAsync(mqttPort: isSmoke ? 0 : 1883, nodePort: seedPort, seedPort);
var second = await Node.StartAsync(mqttPort: isSmoke ? 0 : 1884, nodePort: 0, seedPort);
Console.WriteLine($"node 1 {first.Server.Endpoints[0]}, node 2 {second.Server.Endpoints[0]}");

var received = new TaskCompletionSource<string>();
var subscriber = second.System.ActorOf(Props.Create(() => new Printer(received)), "subscriber");
await second.Server.SubscribeAsync(new Subscription("news/#"), subscriber);

// The first node hears of the subscription when it knows the second one: until then nobody gets the message.
for (var at = 0; !received.Task.IsCompleted && at < 300; at++)
{
    await first.Server.PublishAsync(new Publish("news/today", string.Create(CultureInfo.InvariantCulture, $"hello {at}")));
    await Task.WhenAny(received.Task, Task.Delay(100));
}
Console.WriteLine(received.Task.IsCompletedSuccessfully ? $"node 2 received: {await received.Task}" : "node 2 received nothing");

first.System.ActorOf(Props.Create(() => new Switch()), "switch");
Console.WriteLine($"lamp-7: {await Lamps.StateOfAsync(first.System, "lamp-7")}");

if (!isSmoke)
{
    Console.WriteLine("Press Enter to end.");
    Console.ReadLine();
}
foreach (var node in new[] { second, first })
{
    await node.Server.StopAsync();
    await node.System.Terminate(); // leaves the cluster
}
return received.Task.IsCompletedSuccessfully ? 0 : 1;

static int FreePort()
{
    using var listener = new TcpListener(IPAddress.Loopback, 0);
    listener.Start();
    return ((IPEndPoint)listener.LocalEndpoint).Port;
}
