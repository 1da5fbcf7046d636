using Akka.Actor;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Client.Tests;

/// <summary>The code of docs/client.md.</summary>
internal static class DocCode
{
    public static async Task TasksAsync()
    {
        #region doc:client-tasks
        await using var client = await MqttClient.ConnectAsync("mqtt://localhost");
        await client.PublishAsync("example/greeting", "hello", QualityOfService.AtLeastOnce);
        await foreach (var message in client.SubscribeAsync("example/#"))
            Console.WriteLine($"{message.Topic}: {message.Payload.ToText()}");
        #endregion
    }

    #region doc:client-actor
    public sealed class Thermometer : ReceiveActor
    {
        private int _credit;

        public Thermometer(MqttClientSettings settings)
        {
            var client = Context.ActorOf(MqttClient.Props(settings, Self), "mqtt");

            Receive<MqttClient.Demand>(demand => _credit += demand.Count);
            Receive<double>(degrees => // from a sensor
            {
                if (_credit == 0)
                    return; // the next value will do
                _credit--;
                client.Tell(new MqttClient.Publish(new Publish("room/temperature", $"{degrees}") { QoS = QualityOfService.AtLeastOnce }, degrees));
            });
            Receive<MqttClient.Outcome>(_ => _credit++); // one for each command

            Receive<MqttClient.Connected>(connected => Console.WriteLine($"Connected as {connected.ClientId}"));
            Receive<MqttClient.Disconnected>(lost => Console.WriteLine($"{lost.Cause.Message} Next attempt in {lost.NextAttemptIn}."));
            Receive<MqttClient.Received>(received =>
            {
                foreach (var message in received.Messages)
                    Console.WriteLine(message);
                Sender.Tell(received.Acknowledge());
            });

            _credit--;
            client.Tell(new MqttClient.Subscribe([new Subscription("room/command", QualityOfService.AtLeastOnce)]));
        }
    }
    #endregion
}
