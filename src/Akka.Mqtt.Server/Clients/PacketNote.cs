using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server;

/// <summary>A packet as it is remembered: no payload, no properties.</summary>
/// <param name="At">When it was received or handed to the connection.</param>
/// <param name="Received">Whether it came from the client; else it went there.</param>
/// <param name="Type">What it is.</param>
/// <param name="PacketId">Its identifier, or 0.</param>
/// <param name="Topic">The topic of a PUBLISH; null of others.</param>
/// <param name="QoS">The QoS of a PUBLISH.</param>
/// <param name="Size">The bytes of the payload of a PUBLISH.</param>
public readonly record struct PacketNote(
    DateTimeOffset At, bool Received, MqttPacketType Type, ushort PacketId, string? Topic, QualityOfService QoS, int Size)
{
    /// <summary>A line for a log.</summary>
    /// <returns>Direction, type, topic and identifier.</returns>
    public override string ToString() =>
        $"{At:HH:mm:ss.fff} {(Received ? "<-" : "->")} {Type}{(PacketId == 0 ? "" : $" {PacketId}")}{(Topic is null ? "" : $" {LogText.Escape(Topic)} QoS {(int)QoS} {Size} B")}";
}
