using Akka.Mqtt.HostedProgram;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

// A program of a user, for tests: a server and raw connections in a generic host. The argument says who ends the actor system: "terminate" or
// "shutdown", the hosted service does, by ActorSystem.Terminate or CoordinatedShutdown.Run; "nobody", Akka does by itself when the process ends.
var builder = Host.CreateApplicationBuilder();
builder.Services.AddSingleton(new Ending(args[0]));
builder.Services.AddHostedService<MqttService>();
await builder.Build().RunAsync();
