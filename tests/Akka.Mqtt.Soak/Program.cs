using System.CommandLine;
using Akka.Mqtt.Soak;

// dotnet run -c Release --project tests/Akka.Mqtt.Soak -- fuzz --seconds 60 --seed 1
// dotnet run -c Release --project tests/Akka.Mqtt.Soak -- soak --minutes 10 --seed 1
var seed = new Option<int>("--seed") { DefaultValueFactory = _ => 1, Description = "The same seed does the same in the same order." };
var seconds = new Option<int>("--seconds") { DefaultValueFactory = _ => 60, Description = "How long." };
var minutes = new Option<double>("--minutes") { DefaultValueFactory = _ => 10, Description = "How long." };
var port = new Option<int?>("--port") { Description = "A server that runs already, on this machine; without it one is started in this process." };

var busy = new Option<bool>("--busy") { Description = "The machine does other things too: the good client may wait 30 s instead of 2." };
var fuzz = new Command("fuzz", "Damaged packets and random sequences; after each case a good client is served and an idle one undisturbed.") { seconds, seed, port, busy };
fuzz.SetAction((result, _) => Fuzzer.RunAsync(TimeSpan.FromSeconds(result.GetValue(seconds)), result.GetValue(seed), result.GetValue(port), result.GetValue(busy)));
var log = new Option<string>("--log") { DefaultValueFactory = _ => "ERROR", Description = "akka.loglevel of the server in this process." };
var soak = new Command("soak", "Connects, takeovers, subscriptions, slow and dying clients; memory, handles and sessions stay flat.") { minutes, seed, log, busy };
soak.SetAction((result, _) => Soaker.RunAsync(TimeSpan.FromMinutes(result.GetValue(minutes)), result.GetValue(seed), result.GetValue(log)!, result.GetValue(busy)));
return await new RootCommand("Tries to wear a server down.") { fuzz, soak }.Parse(args).InvokeAsync();
