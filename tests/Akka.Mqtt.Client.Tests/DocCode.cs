using Akka.Actor;
using Akka.Mqtt.Protocol;
using Akka.Streams;
using Akka.Streams.Dsl;

namespace Akka.Mqtt.Client.Tests;

/// <summary>The code of docs/client.md.</summary>
internal static class DocCode
{
    public static async Task TasksAsync()
    {
        #region doc:client-tasks
        await using var client = await MqttClient.ConnectAsync("mqtt://localhost");
        await client.PublishAsync(new Publish("example/greeting", "hello") { QoS = QualityOfService.AtLeastOnce, Retain = true }); // retained: also for later subscribers
        await foreach (var message in client.SubscribeAsync("example/#"))
            Console.WriteLine($"{message.Topic}: {message.Payload.ToText()}");
        #endregion
    }

    public static async Task TlsAsync(ActorSystem system)
    {
        #region doc:client-tls
        var settings = MqttClientSettings.Create(system) with
        {
            Servers = [new Uri("mqtts://plant.example")], // port 8883; the certificate must be of this name
            Tls = TlsClientSettings.FromPemFiles("ca.pem", "client.pem", "client.key"), // the authority to trust; certificate and key only if the server wants them
            UserName = "thermometer",
            Password = File.ReadAllText("/run/secrets/mqtt").Trim(),
        };
        await using var client = await MqttClient.ConnectAsync(settings, system);
        #endregion
    }

    public static async Task StreamsAsync(MqttClient client, ActorSystem system, Func<IEnumerable<string>, Task> insertAsync)
    {
        var materializer = system.Materializer();

        #region doc:client-streams
        // At least once into something slow: what fails is not acknowledged, and comes again.
        await RestartSource.OnFailuresWithBackoff(
                () => MqttSource.AtLeastOnce(client, "plant/+/measured")
                    .GroupedWithin(1000, TimeSpan.FromMilliseconds(200))
                    .SelectAsync(1, async batch =>
                    {
                        await insertAsync(batch.Select(message => message.Packet.Payload.ToText()));
                        foreach (var message in batch)
                            message.Commit();
                        return NotUsed.Instance;
                    }),
                RestartSettings.Create(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(30), 0.2))
            .RunWith(Sink.Ignore<NotUsed>(), materializer);
        #endregion
    }

    public static Task BridgeAsync(MqttClient here, MqttClient there, ActorSystem system)
    {
        var materializer = system.Materializer();

        #region doc:client-streams-context
        // From one server to another: a message is acknowledged here when it was acknowledged there.
        return MqttSource.WithContext(here, "plant/#")
            .Via(MqttFlow.WithContext<MqttCommittable>(there))
            .AsSource()
            .RunWith(MqttSink.Committing<MqttClient.Outcome>(), materializer);
        #endregion
    }

    public static async Task LanesAsync(MqttClient client, Func<Publish, CancellationToken, ValueTask> save, ActorSystem system)
    {
        #region doc:client-lanes
        var lanes = MqttLanesSettings.Create(system) with { Count = 8, Retries = 3, DeadLetterTopic = "failed" };
        await client.HandleAsync("sensors/#", async (message, cancel) => await save(message, cancel), lanes);
        #endregion
    }

    public static IActorRef Lanes(ActorSystem system, MqttClientSettings settings, Func<Publish, CancellationToken, ValueTask> save, IActorRef listener)
    {
        #region doc:client-lanes-actor
        var handler = system.ActorOf(MqttLanes.Props(save, MqttLanesSettings.Create(system), listener), "lanes");
        var client = system.ActorOf(MqttClient.Props(settings, handler), "mqtt");
        #endregion
        return client;
    }

    public static async Task TracingAsync(MqttClient client, Func<Publish, Task> save)
    {
        #region doc:client-tracing
        await foreach (var message in client.SubscribeAsync("sensors/#"))
        {
            using var span = MqttTracing.StartProcessing(message); // Activity.Current until the end of the block
            await save(message);
        }
        #endregion
    }

    #region doc:client-request-actor
    public sealed class Visitor : ReceiveActor
    {
        public Visitor(IActorRef client)
        {
            Receive<string>(city => client.Tell(new MqttClient.Request(new Publish("weather/forecast", city)) { Timeout = TimeSpan.FromSeconds(5) }));

            Receive<MqttClient.Replied>(replied => Console.WriteLine(replied.Answer.Payload.ToText()));
            Receive<MqttClient.TimedOut>(_ => Console.WriteLine("Nobody answered in time."));
            Receive<MqttClient.Refused>(refused => Console.WriteLine($"{refused.Reason}: {refused.Message}"));
            Receive<MqttClient.Failed>(failed => Console.WriteLine($"It was not sent: {failed.Cause.Message}"));
            Receive<MqttClient.Unknown>(_ => Console.WriteLine("It was sent, and the connection was lost."));
        }
    }
    #endregion

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
