using Akka.Actor;
using Akka.Mqtt;
using Akka.Mqtt.Protocol;

namespace ProtocolProxy;

/// <summary>The server behind the proxy in a smoke run: sends each message back to its client.</summary>
internal sealed class EchoServer : ReceiveActor
{
    public EchoServer()
    {
        Receive<Mqtt.Connected>(connected => connected.Connection.Tell(new Mqtt.Register(Self)));
        Receive<Connect>(_ => Sender.Tell(new ConnAck()));
        Receive<Publish>(publish => Sender.Tell(publish));
        Receive<Disconnect>(_ => Sender.Tell(Mqtt.Close.Instance));
        ReceiveAny(_ => { });
    }
}

/// <summary>The client in front of the proxy in a smoke run: sends messages and counts those that come back.</summary>
internal sealed class EchoClient : ReceiveActor
{
    public const int Messages = 20;

    public EchoClient(Mqtt.Connect dial, TaskCompletionSource<int> done)
    {
        IActorRef connection = ActorRefs.Nobody;
        var echoes = 0;
        Receive<Mqtt.Connected>(connected =>
        {
            connection = connected.Connection;
            connection.Tell(new Mqtt.Register(Self));
            connection.Tell(new Connect { ClientId = "smoke" });
        });
        Receive<ConnAck>(_ =>
        {
            for (var i = 1; i <= Messages; i++)
                connection.Tell(new Publish("smoke/test", $"message {i}"));
        });
        Receive<Publish>(publish =>
        {
            if (publish == new Publish("smoke/test", $"message {echoes + 1}") && ++echoes == Messages)
                connection.Tell(new Disconnect());
        });
        Receive<Mqtt.ConnectionClosed>(_ => done.TrySetResult(echoes));
        Receive<Mqtt.CommandFailed>(failed => done.TrySetException(new IOException(failed.Message)));
        Context.System.Mqtt().Tell(dial);
    }
}
