using Akka.Actor;

namespace Akka.Mqtt.Transport;

/// <summary>An open stream with what is known of it: what a dialer or a stream listener hands to a stream connection actor.</summary>
internal sealed record StreamLink(Stream Stream, TransportInfo Info) : TransportLink(Info)
{
    /// <summary>How to half-close and reset it. Default: what fits the type of the stream.</summary>
    public StreamControl Control { get; init; } = StreamControl.For(Stream);

    public override TransportPort Open(IActorContext connection, MqttConnectionSettings settings)
    {
        var credit = new ReadCredit(settings.MaxQueuedReadBytes);
        return new ActorPort(connection.ActorOf(StreamConnectionActor.Props(this, settings, credit), "transport"), connection.Self, credit);
    }

    public override void Dispose() => Stream.Dispose();
}
