using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Streams;

/// <summary>What the framing stages report to the connection that they belong to. Called inside the interpreter: note it, act when the call is over.</summary>
internal interface IFramingOwner
{
    /// <summary>Packets arrived; they are about to be delivered.</summary>
    void PacketsReceived();

    /// <summary>From now on everything is delivered to the handler that was registered last.</summary>
    void HandlerReplaced();

    /// <summary>What arrived cannot be decoded or broke a rule. All packets before it have been delivered.</summary>
    void InboundFailed(PacketError error);

    /// <summary>A stage threw, for example because memory ran out. Nothing more is delivered.</summary>
    void InboundCrashed(Exception? cause);

    /// <summary>Everything that arrived before the end of the transport has been delivered.</summary>
    void InboundDrained();

    /// <summary>Reading may go on.</summary>
    void ResumeReading();
}
