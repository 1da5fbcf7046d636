using Akka.Actor;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Streams;

/// <summary>
/// Passes a packet through a framing, once for each actor system, to check whether a factory works with the installed Akka.Streams.
/// </summary>
internal static class FramingCheck
{
    /// <exception cref="InvalidOperationException">The packet did not arrive.</exception>
    public static void Run(IFramingFactory factory)
    {
        var packet = new Publish("check", "1");
        var (handler, reports) = (new Recorder(), new Reports());
        var decoder = new InboundDecoder(null, new MqttDecoder(null, MqttVersion.V311));
        var settings = MqttConnectionSettings.Create((Configuration.Config?)null);
        var framing = factory.Start(reports, decoder, new Mqtt.Register(handler), settings, ActorRefs.Nobody);
        framing.Received(MqttEncoder.Encode(packet, MqttVersion.V311));
        framing.Complete();
        framing.Stop();
        if (!packet.Equals(handler.Received) || !reports.IsDrained)
            throw new InvalidOperationException("A packet that was put into the framing stages did not come out.");
    }

    private sealed class Recorder : ActorRefBase
    {
        public object? Received { get; private set; }

        public override ActorPath Path => ActorRefs.Nobody.Path;

        protected override void TellInternal(object message, IActorRef sender) => Received = message;
    }

    private sealed class Reports : IFramingOwner
    {
        public bool IsDrained { get; private set; }

        public void PacketsReceived()
        {
        }

        public void HandlerReplaced()
        {
        }

        public void InboundFailed(PacketError error)
        {
        }

        public void InboundCrashed(Exception? cause)
        {
        }

        public void InboundDrained() => IsDrained = true;

        public void ResumeReading()
        {
        }
    }
}
