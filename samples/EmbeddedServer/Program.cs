using System.CommandLine;
using Akka.Actor;
using Akka.Configuration;
using Akka.Mqtt.Server;
using EmbeddedServer;

var smoke = new Option<bool>("--smoke") { Description = "Run a server on a free port and clients against it, then end." };
var port = new Option<int>("--port") { DefaultValueFactory = _ => 1883, Description = "The port." };
var root = new RootCommand("An MQTT server inside a program of your own.") { smoke, port };
root.SetAction(async (result, cancellation) =>
{
    var isSmoke = result.GetValue(smoke);
    var config = ConfigurationFactory.ParseString($$"""
        akka.loglevel = WARNING
        akka.mqtt.server {
          listeners.tcp.port = {{(isSmoke ? 0 : result.GetValue(port))}}
          shared-subscription-strategy = hash-topic
        }
        """);

    #region doc:embed
    using var system = ActorSystem.Create("app", config);
    await using var server = await MqttServer.StartAsync(system, cancellationToken: cancellation);
    Console.WriteLine(string.Join(' ', server.Endpoints)); // mqtt://127.0.0.1:1883
    #endregion

    if (isSmoke)
    {
        var done = await Smoke.RunAsync(server);
        Console.WriteLine(done ? "smoke: ok" : "smoke: failed");
        return done ? 0 : 1;
    }
    await Task.Delay(Timeout.Infinite, cancellation).ContinueWith(_ => { }, TaskScheduler.Default);
    return 0;
});
return await root.Parse(args).InvokeAsync();
