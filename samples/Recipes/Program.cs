using System.Net;
using Akka.Actor;
using Akka.Mqtt.Protocol;
using Recipes;

// Runs the client that stays connected: dotnet run --project samples/Recipes -- localhost 1883 'room/#'
if (args.Length < 3 || !int.TryParse(args[1], out var port))
{
    Console.Error.WriteLine("Give a host, a port and a topic filter: localhost 1883 'room/#'");
    return 2;
}
using var system = ActorSystem.Create("recipes");
var printer = system.ActorOf(Props.Create(() => new Printer()));
var connect = new Connect { ClientId = $"steady-{Environment.ProcessId}", KeepAlive = 10 };
Subscription[] subscriptions = [new Subscription(args[2], QualityOfService.AtLeastOnce)];
var client = system.ActorOf(Props.Create(() => new SteadyClient(new DnsEndPoint(args[0], port), connect, subscriptions, printer)));
await client.WatchAsync();
return 0;

/// <summary>Prints what it is told.</summary>
internal sealed class Printer : ReceiveActor
{
    public Printer() => ReceiveAny(Console.WriteLine);
}
