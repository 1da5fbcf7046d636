#region doc:first-client-program
using Akka.Actor;
using FirstClient;

using var system = ActorSystem.Create("first-client");
var client = system.ActorOf(Props.Create(() => new Client("localhost", 1883, Console.Out)), "client");
await client.WatchAsync(); // done when the actor has stopped
#endregion
