using Akka.Actor;
using Akka.Configuration;
using Akka.Mqtt;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server;

using var system = ActorSystem.Create("consumer", ConfigurationFactory.ParseString("akka.mqtt.server.listeners.tcp.port = 0"));
await using var server = await MqttServer.StartAsync(system);

await using var client = await MqttClient.ConnectAsync(server.Endpoints[0].ToString());
await client.PublishAsync(new Publish("example/greeting", "hello") { QoS = QualityOfService.AtLeastOnce, Retain = true });
await foreach (var message in client.SubscribeAsync("example/#"))
{
    Console.WriteLine($"{message.Topic}: {message.Payload.ToText()}");
    break;
}
