using System.CommandLine;
using Akka.Actor;
using Akka.Configuration;
using Akka.Mqtt.Server;
using CustomAuth;

var smoke = new Option<bool>("--smoke") { Description = "Run a server on a free port and clients against it, then end." };
var port = new Option<int>("--port") { DefaultValueFactory = _ => 1883, Description = "The port." };
var root = new RootCommand("A server that lets tenants in by tokens and keeps them to their own topics.") { smoke, port };
root.SetAction(async (result, cancellation) =>
{
    var isSmoke = result.GetValue(smoke);
    var config = ConfigurationFactory.ParseString($"""
        akka.loglevel = WARNING
        akka.mqtt.server.listeners.tcp.port = {(isSmoke ? 0 : result.GetValue(port))}
        """);
    using var system = ActorSystem.Create("custom-auth", config);
    var tokens = new TokenAuthenticator();
    tokens.Issue("acme", "acme-token");

    #region doc:hooks
    var hooks = new MqttServerHooks
    {
        Authenticator = tokens,
        Authorizer = new TenantAuthorizer(),
        PublishInterceptor = new StampInterceptor(),
    };
    await using var server = await MqttServer.StartAsync(system, MqttServerSettings.Create(system), hooks, cancellation);
    #endregion

    if (isSmoke)
    {
        var done = await Smoke.RunAsync(server, tokens);
        Console.WriteLine(done ? "smoke: ok" : "smoke: failed");
        return done ? 0 : 1;
    }
    Console.WriteLine($"{string.Join(' ', server.Endpoints)}: user acme, password acme-token. Ctrl-C ends.");
    await Task.Delay(Timeout.Infinite, cancellation).ContinueWith(_ => { }, TaskScheduler.Default);
    return 0;
});
return await root.Parse(args).InvokeAsync();
