using Akka.Actor;
using Akka.Configuration;
using Akka.Mqtt;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server;

// HelloMqtt mqtt://HOST subscribes, says hello, and prints what comes. HelloMqtt --smoke does it with a server of its own, once.
var isSmoke = args is ["--smoke"];
using var system = ActorSystem.Create("hello", ConfigurationFactory.ParseString("akka { loglevel = WARNING, mqtt.server.listeners.tcp.port = 0 }"));
await using var server = isSmoke ? await MqttServer.StartAsync(system) : null;
var url = server is not null ? server.Endpoints[0].ToString() : args.FirstOrDefault("mqtt://localhost");

await using var client = await MqttClient.ConnectAsync(url);
await client.PublishAsync(new Publish("hello/world", "Hello from Akka.Mqtt") { QoS = QualityOfService.AtLeastOnce, Retain = true });
await foreach (var message in client.SubscribeAsync("hello/#"))
{
    Console.WriteLine($"{message.Topic}: {message.Payload.ToText()}");
    if (isSmoke)
        break;
}
if (isSmoke)
    Console.WriteLine("smoke: ok");
