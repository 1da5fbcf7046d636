using Akka.Actor;
using Akka.Event;

namespace Akka.Mqtt.Connection;

/// <summary>A deadline of a connection has passed. Sent by the connection's timer.</summary>
internal sealed class PhaseTimeout : INoSerializationVerificationNeeded, IDeadLetterSuppression
{
    public static readonly PhaseTimeout Register = new(Deadline.Register);
    public static readonly PhaseTimeout Connect = new(Deadline.Connect);
    public static readonly PhaseTimeout KeepAlive = new(Deadline.KeepAlive);
    public static readonly PhaseTimeout Close = new(Deadline.Close);
    public static readonly PhaseTimeout Write = new(Deadline.Write);

    private PhaseTimeout(Deadline of) => Of = of;

    /// <summary>The deadline.</summary>
    public Deadline Of { get; }
}
