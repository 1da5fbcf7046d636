#region doc:first-server-program
using System.Net;
using Akka.Actor;
using FirstServer;

using var system = ActorSystem.Create("first-server");
var address = new IPEndPoint(IPAddress.Loopback, 1883);
var server = system.ActorOf(Props.Create(() => new EchoServer(address, Console.Out)), "server");
await server.WatchAsync(); // until Ctrl-C, or until it cannot listen
#endregion
