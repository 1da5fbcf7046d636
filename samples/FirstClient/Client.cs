#region doc:first-client
using Akka.Actor;
using Akka.Mqtt;
using Akka.Mqtt.Protocol;

namespace FirstClient;

/// <summary>Connects, subscribes, publishes, and pings. It stops when the connection has ended or cannot be made.</summary>
public sealed class Client : ReceiveActor, IWithTimers
{
    private const ushort KeepAlive = 30; // seconds: the server ends the connection when it receives nothing for 1.5 times as long

    public Client(string host, int port, TextWriter output)
    {
        IActorRef connection = ActorRefs.Nobody;

        Receive<Mqtt.Connected>(connected => // the transport is up
        {
            connection = connected.Connection;
            connection.Tell(new Mqtt.Register(Self)); // received packets go to this actor
            connection.Tell(new Connect { ClientId = "first-client", KeepAlive = KeepAlive });
        });
        Receive<ConnAck>(answer =>
        {
            output.WriteLine($"The server answered: {answer}");
            if (answer.ReasonCode != ReasonCode.Success)
            {
                connection.Tell(Mqtt.Close.Instance);
                return;
            }
            Timers.StartPeriodicTimer("ping", PingReq.Instance, TimeSpan.FromSeconds(KeepAlive / 2));
            connection.Tell(new Subscribe(1, "first/topic"));
        });
        Receive<SubAck>(_ => connection.Tell(new Publish("first/topic", "hello")));
        Receive<Publish>(message => output.WriteLine($"{message.Topic}: {message.Payload.ToText()}"));
        Receive<PingReq>(ping => connection.Tell(ping)); // from the timer
        Receive<PingResp>(_ => { });
        Receive<Disconnect>(disconnect => output.WriteLine($"The server closes the connection: {disconnect.ReasonCode}"));
        Receive<Mqtt.CommandFailed>(failed =>
        {
            output.WriteLine($"{failed.Command} failed: {failed.Message}");
            if (failed.Command is Mqtt.Connect) // there is no connection
                Context.Stop(Self);
        });
        Receive<Mqtt.ConnectionClosed>(closed => // sent exactly once for each connection
        {
            output.WriteLine($"The connection has ended: {closed}");
            Context.Stop(Self);
        });

        Context.System.Mqtt().Tell(new Mqtt.Connect(host, port));
    }

    public ITimerScheduler Timers { get; set; } = null!;
}
#endregion
