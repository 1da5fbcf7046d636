#region doc:request-response
using Akka.Actor;
using Akka.Mqtt;
using Akka.Mqtt.Protocol;

namespace Recipes;

/// <summary>A question for <see cref="Requester"/>; its sender gets the answer's <see cref="Publish"/>, or <see cref="NoReply"/>.</summary>
public sealed record Question(string Topic, string Text);

/// <summary>Nobody has answered in time.</summary>
public sealed record NoReply(Question Question);

/// <summary>Asks by MQTT and matches answers to questions. It handles a connection that is up and has sent nothing yet.</summary>
public sealed class Requester : ReceiveActor, IWithTimers
{
    private const uint Seconds = 5; // how long a question is worth an answer

    public Requester(IActorRef connection, string replyTopic)
    {
        var waiting = new Dictionary<MqttBinary, (Question Question, IActorRef Asker)>();

        Receive<Question>(question =>
        {
            var id = MqttBinary.FromBytes(Guid.NewGuid().ToByteArray());
            waiting.Add(id, (question, Sender));
            Timers.StartSingleTimer(id, new TimedOut(id), TimeSpan.FromSeconds(Seconds));
            connection.Tell(new Publish(question.Topic, question.Text)
            {
                Properties = new PublishProperties
                {
                    ResponseTopic = replyTopic,
                    CorrelationData = id, // comes back with the answer
                    MessageExpiryInterval = Seconds, // the server discards it when nobody got it in time
                    ContentType = "text/plain",
                    UserProperties = [new UserProperty("trace", Guid.NewGuid().ToString("N"))],
                },
            });
        });
        Receive<Publish>(answer =>
        {
            if (answer.Properties?.CorrelationData is not { } id || !waiting.Remove(id, out var question))
                return; // late, or not for us
            Timers.Cancel(id);
            question.Asker.Tell(answer);
        });
        Receive<TimedOut>(late =>
        {
            if (waiting.Remove(late.Id, out var question))
                question.Asker.Tell(new NoReply(question.Question));
        });
        Receive<ConnAck>(answer => connection.Tell(
            answer.ReasonCode == ReasonCode.Success ? new Subscribe(1, replyTopic) : Mqtt.Close.Instance));
        Receive<SubAck>(_ => { });
        Receive<Mqtt.ConnectionClosed>(_ => Context.Stop(Self));

        connection.Tell(new Mqtt.Register(Self));
        connection.Tell(new Connect { ClientId = "requester" });
    }

    public ITimerScheduler Timers { get; set; } = null!;

    private sealed record TimedOut(MqttBinary Id);
}

/// <summary>Answers each message that says where its answer belongs.</summary>
public sealed class Responder : ReceiveActor
{
    public Responder(IActorRef connection, string topic, Func<string, string> answer)
    {
        Receive<Publish>(request =>
        {
            if (request.Properties?.ResponseTopic is not { } replyTopic)
                return;
            connection.Tell(new Publish(replyTopic, answer(request.Payload.ToText()))
            {
                Properties = new PublishProperties
                {
                    CorrelationData = request.Properties.CorrelationData,
                    UserProperties = request.Properties.UserProperties,
                },
            });
        });
        Receive<ConnAck>(answer => connection.Tell(
            answer.ReasonCode == ReasonCode.Success ? new Subscribe(1, topic) : Mqtt.Close.Instance));
        Receive<SubAck>(_ => { });
        Receive<Mqtt.ConnectionClosed>(_ => Context.Stop(Self));

        connection.Tell(new Mqtt.Register(Self));
        connection.Tell(new Connect { ClientId = "responder" });
    }
}
#endregion
