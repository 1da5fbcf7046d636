namespace Akka.Mqtt.Protocol;

/// <summary>Encodes MQTT packets; sans-IO, allocates nothing beyond the target buffer. First measure, which checks everything, then write.</summary>
public static class MqttEncoder
{
    /// <summary>Checks a packet against the rules of a version and tells its size on the wire.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="version">The protocol version of the connection.</param>
    /// <param name="sender">The side that sends, or null to allow what either may send.</param>
    /// <param name="size">The size in bytes with the fixed header; 0 if the packet is not valid.</param>
    /// <param name="error">What is wrong, when the packet is not valid.</param>
    /// <returns>Whether the packet may be written.</returns>
    public static bool TryMeasure(MqttPacket packet, MqttVersion version, MqttRole? sender, out int size, out PacketError error) =>
        throw new NotImplementedException();

    /// <summary>Writes a packet that <see cref="TryMeasure"/> accepted.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="version">The same version that it was measured for.</param>
    /// <param name="destination">At least as many bytes as measured.</param>
    /// <returns>Bytes written: the measured size.</returns>
    public static int Write(MqttPacket packet, MqttVersion version, Span<byte> destination) => throw new NotImplementedException();

    /// <summary>Encodes a packet into a new array.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="version">The protocol version.</param>
    /// <returns>Its bytes.</returns>
    /// <exception cref="ArgumentException">The packet breaks a rule of that version; the message says which.</exception>
    public static byte[] Encode(MqttPacket packet, MqttVersion version)
    {
        ArgumentNullException.ThrowIfNull(packet);
        if (!TryMeasure(packet, version, null, out var size, out var error))
            throw new ArgumentException(error.ToString(), nameof(packet));
        var bytes = new byte[size];
        Write(packet, version, bytes);
        return bytes;
    }
}
