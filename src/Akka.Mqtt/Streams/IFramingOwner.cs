using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Streams;

/// <summary>What a framing island tells the connection it runs in. Called inside the interpreter: note it down, act when the call is over.</summary>
internal interface IFramingOwner
{
    /// <summary>Packets came in; they are about to be delivered.</summary>
    void PacketsReceived(MqttList<MqttPacket> packets);

    /// <summary>What came cannot be decoded or broke a rule. All packets before it have been delivered.</summary>
    void InboundFailed(PacketError error);

    /// <summary>Everything that came before the end of the transport has been delivered.</summary>
    void InboundDrained();

    /// <summary>Too much waits to be decoded: stop reading.</summary>
    void SuspendReading();

    /// <summary>Reading may go on.</summary>
    void ResumeReading();
}
