using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server;

/// <summary>A record of one packet, without payload and properties.</summary>
/// <param name="At">When it was received or handed to the connection.</param>
/// <param name="Received">True for a packet received from the client; false for one sent to it.</param>
/// <param name="Type">The packet type.</param>
/// <param name="PacketId">Its identifier, or 0.</param>
/// <param name="Topic">The topic of a PUBLISH; null for other packets.</param>
/// <param name="QoS">The QoS of a PUBLISH.</param>
/// <param name="Size">The payload size of a PUBLISH, in bytes.</param>
public readonly record struct PacketNote(
    DateTimeOffset At, bool Received, MqttPacketType Type, ushort PacketId, string? Topic, QualityOfService QoS, int Size)
{
    /// <summary>A line for a log.</summary>
    /// <returns>Direction, type, topic and identifier.</returns>
    public override string ToString() =>
        $"{At:HH:mm:ss.fff} {(Received ? "<-" : "->")} {Type}{(PacketId == 0 ? "" : $" {PacketId}")}{(Topic is null ? "" : $" {LogText.Escape(Topic)} QoS {(int)QoS} {Size} B")}";
}
