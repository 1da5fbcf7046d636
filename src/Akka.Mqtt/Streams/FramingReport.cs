using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Streams;

/// <summary>A report of a stage, which runs in another actor, to its connection.</summary>
internal abstract record FramingReport : IDeadLetterSuppression, INoSerializationVerificationNeeded
{
    /// <summary>Calls the method of the owner that corresponds to this report.</summary>
    public abstract void Apply(IFramingOwner owner);

    /// <summary>Sends each report to the connection.</summary>
    internal sealed class Sender(IActorRef connection) : IFramingOwner
    {
        public void PacketsReceived() => Send(Packets.Instance);

        public void HandlerReplaced() => Send(Replaced.Instance);

        public void InboundFailed(PacketError error) => Send(new Failed(error));

        public void InboundCrashed(Exception? cause) => Send(new Crashed(cause));

        public void InboundDrained() => Send(Drained.Instance);

        public void ResumeReading() => Send(Resume.Instance);

        private void Send(FramingReport report) => connection.Tell(report, ActorRefs.NoSender);
    }

    private sealed record Packets : FramingReport
    {
        public static readonly Packets Instance = new();

        public override void Apply(IFramingOwner owner) => owner.PacketsReceived();
    }

    private sealed record Replaced : FramingReport
    {
        public static readonly Replaced Instance = new();

        public override void Apply(IFramingOwner owner) => owner.HandlerReplaced();
    }

    private sealed record Failed(PacketError Error) : FramingReport
    {
        public override void Apply(IFramingOwner owner) => owner.InboundFailed(Error);
    }

    private sealed record Crashed(Exception? Cause) : FramingReport
    {
        public override void Apply(IFramingOwner owner) => owner.InboundCrashed(Cause);
    }

    private sealed record Drained : FramingReport
    {
        public static readonly Drained Instance = new();

        public override void Apply(IFramingOwner owner) => owner.InboundDrained();
    }

    private sealed record Resume : FramingReport
    {
        public static readonly Resume Instance = new();

        public override void Apply(IFramingOwner owner) => owner.ResumeReading();
    }
}
