using Akka.Mqtt.Protocol;
using Akka.Streams.Dsl;

namespace Akka.Mqtt;

/// <summary>A client that was accepted by a <see cref="MqttStream.Bind"/> source.</summary>
public sealed class MqttIncomingConnection
{
    internal MqttIncomingConnection(Mqtt.Connected connected, Flow<MqttPacket, MqttPacket, NotUsed> flow)
    {
        Connected = connected;
        Flow = flow;
    }

    /// <summary>Addresses, transport and certificate of the peer.</summary>
    public Mqtt.Connected Connected { get; }

    /// <summary>The connection; materialize it once, within <c>register-timeout</c>.</summary>
    public Flow<MqttPacket, MqttPacket, NotUsed> Flow { get; }
}
