using System.CommandLine;
using System.Reflection;
using Akka.Actor;
using Akka.Mqtt;
using ProbeYourHandler;
using Xunit;

var smoke = new Option<bool>("--smoke") { Description = "Run the tests of the thermostat, as dotnet test does." };
var host = new Option<string>("--host") { DefaultValueFactory = _ => "localhost", Description = "A server to run the thermostat against." };
var port = new Option<int>("--port") { DefaultValueFactory = _ => 1883, Description = "Its port." };

var root = new RootCommand("A thermostat whose tests play its MQTT server; 'dotnet test' runs them too.") { smoke, host, port };
root.SetAction((result, cancellation) =>
    result.GetValue(smoke) ? RunTestsAsync() : RunThermostatAsync(result.GetValue(host)!, result.GetValue(port), cancellation));
return await root.Parse(args).InvokeAsync();

static async Task<int> RunTestsAsync()
{
    var failed = 0;
    foreach (var test in typeof(ThermostatSpec).GetMethods().Where(method => method.GetCustomAttribute<FactAttribute>() is not null))
    {
        using var spec = new ThermostatSpec();
        try
        {
            await (Task)test.Invoke(spec, null)!;
            Console.WriteLine($"passed  {test.Name.Replace('_', ' ')}");
        }
        catch (Exception e)
        {
            failed++;
            Console.WriteLine($"FAILED  {test.Name.Replace('_', ' ')}\n{e.Message}");
        }
    }

    Console.WriteLine(failed == 0 ? "smoke: ok" : $"smoke: {failed} failed");
    return failed == 0 ? 0 : 1;
}

static async Task<int> RunThermostatAsync(string host, int port, CancellationToken cancellation)
{
    using var system = ActorSystem.Create("home");
    var thermostat = system.ActorOf(Props.Create(() => new Thermostat("t1")), "t1");
    system.Mqtt().Tell(new Mqtt.Connect(host, port), thermostat);
    Console.WriteLine($"thermostat t1 at {host}:{port}: publish to home/t1/target/set; Ctrl-C ends");
    await thermostat.WatchAsync(cancellation).ContinueWith(_ => { }, TaskScheduler.Default);
    await system.Terminate();
    return cancellation.IsCancellationRequested ? 0 : 1;
}
