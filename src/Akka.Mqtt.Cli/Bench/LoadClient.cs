using Akka.Actor;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Cli.Bench;

/// <summary>
/// One client: dials, sends CONNECT, and is ready when the server has accepted it and the subclass is ready. If its connection ends before it is asked to
/// close, the run fails.
/// </summary>
internal abstract class LoadClient(LoadRun run, string clientId, int number) : UntypedActor
{
    private bool _leaving;

    protected LoadRun Run { get; } = run;

    protected IActorRef Connection { get; private set; } = ActorRefs.Nobody;

    protected override void PreStart() => Context.System.Mqtt().Tell(Run.Target.Dial(number), Self);

    protected sealed override void OnReceive(object message)
    {
        switch (message)
        {
            case Mqtt.Received batch:
                OnPackets(batch.Packets.Span);
                break;
            case Mqtt.Connected:
                Connection = Sender;
                Connection.Tell(new Mqtt.Register(Self) { Delivery = MqttDelivery.Batches });
                Connection.Tell(Run.Target.Hello(clientId));
                break;
            case Leave:
                _leaving = true;
                Connection.Tell(new Disconnect());
                Connection.Tell(Mqtt.Close.Instance);
                break;
            case Mqtt.ConnectionClosed closed:
                if (_leaving)
                    Run.Closed();
                else
                    Run.Fail(Lost(clientId, closed));
                break;
            case Mqtt.CommandFailed failed when !_leaving:
                Run.Fail(failed.Command is Mqtt.Connect ? failed.Message : $"{clientId} could not send: {failed.Message}");
                break;
            default:
                OnMessage(message);
                break;
        }
    }

    /// <summary>The message for a connection that ended unexpectedly.</summary>
    public static string Lost(string clientId, Mqtt.ConnectionClosed closed) =>
        $"the server closed the connection of {clientId}{(closed is Mqtt.ErrorClosed error ? $": {error.Message}" : ".")}";

    /// <summary>The server has accepted the client.</summary>
    protected abstract void OnAccepted(ConnAck accepted);

    /// <summary>A batch of packets after CONNACK.</summary>
    protected abstract void OnPackets(ReadOnlySpan<MqttPacket> packets);

    /// <summary>Any other message to the client.</summary>
    protected virtual void OnMessage(object message)
    {
    }

    /// <summary>Handles packets that are not messages, in the same way for every client.</summary>
    protected void OnOther(MqttPacket packet)
    {
        switch (packet)
        {
            case ConnAck { ReasonCode: ReasonCode.Success } accepted:
                OnAccepted(accepted);
                break;
            case ConnAck refused:
                Run.Fail($"the server refused {clientId}: {refused.ReasonCode}.");
                break;
            case Disconnect goodbye:
                Run.Fail($"the server disconnected {clientId}: {goodbye.ReasonCode}.");
                break;
        }
    }

    /// <summary>Sends packets with one write.</summary>
    protected void Write(ReadOnlySpan<MqttPacket> packets, object? ack = null)
    {
        if (packets.Length == 1 && ack is null)
            Connection.Tell(packets[0]);
        else
            Connection.Tell(new Mqtt.WriteBatch(MqttList.Create(packets), ack));
    }

    /// <summary>Sends DISCONNECT and closes.</summary>
    public sealed class Leave
    {
        public static Leave Instance { get; } = new();
    }
}
