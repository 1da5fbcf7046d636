using Akka.Actor;

namespace Akka.Mqtt.Transport;

/// <summary>An open stream with its transport information, passed by a dialer or a stream listener to a stream connection actor.</summary>
internal sealed record StreamLink(Stream Stream, TransportInfo Info) : TransportLink(Info)
{
    /// <summary>Half-closes and resets the stream. Default: the control for the type of the stream.</summary>
    public StreamControl Control { get; init; } = StreamControl.For(Stream);

    public override TransportPort Open(IActorContext connection, MqttConnectionSettings settings)
    {
        var credit = new ReadCredit(settings.MaxQueuedReadBytes);
        return new ActorPort(connection.ActorOf(StreamConnectionActor.Props(this, settings, credit), "transport"), connection.Self, credit);
    }

    public override void Dispose() => Stream.Dispose();
}
