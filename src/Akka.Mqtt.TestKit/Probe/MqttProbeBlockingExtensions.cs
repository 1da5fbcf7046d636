using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.TestKit;

/// <summary>Blocking versions of the methods of a probe, for tests in the style of Akka.TestKit.</summary>
public static class MqttProbeBlockingExtensions
{
    /// <summary>Sends packets in one write and waits for the transport.</summary>
    /// <param name="probe">The probe.</param>
    /// <param name="packets">The packets, in order.</param>
    public static void SendPacket(this MqttProbe probe, params MqttPacket[] packets) => probe.SendPacketAsync(packets).GetAwaiter().GetResult();

    /// <summary>Sends bytes unchanged and waits for the transport.</summary>
    /// <param name="probe">The probe.</param>
    /// <param name="bytes">The bytes.</param>
    public static void SendBytes(this MqttProbe probe, ReadOnlyMemory<byte> bytes) => probe.SendBytesAsync(bytes).GetAwaiter().GetResult();

    /// <summary>Sends bytes given as hex and waits for the transport.</summary>
    /// <param name="probe">The probe.</param>
    /// <param name="hex">For example <c>"c0 00"</c>; see <see cref="Wire.Parse"/>.</param>
    public static void SendBytes(this MqttProbe probe, string hex) => probe.SendBytesAsync(hex).GetAwaiter().GetResult();

    /// <summary>Expects a packet of a type as the next one.</summary>
    /// <typeparam name="T">The type of packet; <see cref="MqttPacket"/> for any.</typeparam>
    /// <param name="probe">The probe.</param>
    /// <param name="timeout">How long to wait; null for the default of the test kit.</param>
    /// <returns>The packet.</returns>
    public static T ExpectPacket<T>(this MqttProbe probe, TimeSpan? timeout = null)
        where T : MqttPacket => probe.ExpectPacketAsync<T>(timeout).GetAwaiter().GetResult();

    /// <summary>Expects a matching packet of a type as the next one.</summary>
    /// <typeparam name="T">The type of packet.</typeparam>
    /// <param name="probe">The probe.</param>
    /// <param name="match">The condition.</param>
    /// <param name="timeout">How long to wait; null for the default of the test kit.</param>
    /// <returns>The packet.</returns>
    public static T ExpectPacket<T>(this MqttProbe probe, Predicate<T> match, TimeSpan? timeout = null)
        where T : MqttPacket => probe.ExpectPacketAsync(match, timeout).GetAwaiter().GetResult();

    /// <summary>Expects a packet that equals a given one.</summary>
    /// <typeparam name="T">The type of packet.</typeparam>
    /// <param name="probe">The probe.</param>
    /// <param name="expected">The packet.</param>
    /// <param name="timeout">How long to wait; null for the default of the test kit.</param>
    /// <returns>The packet that arrived.</returns>
    public static T ExpectPacket<T>(this MqttProbe probe, T expected, TimeSpan? timeout = null)
        where T : MqttPacket => probe.ExpectPacketAsync(expected, timeout).GetAwaiter().GetResult();

    /// <summary>Skips packets until one has the type and matches.</summary>
    /// <typeparam name="T">The type of packet.</typeparam>
    /// <param name="probe">The probe.</param>
    /// <param name="match">The condition; null for the first packet of the type.</param>
    /// <param name="timeout">How long to wait in total; null for the default of the test kit.</param>
    /// <returns>The packet.</returns>
    public static T FishForPacket<T>(this MqttProbe probe, Predicate<T>? match = null, TimeSpan? timeout = null)
        where T : MqttPacket => probe.FishForPacketAsync(match, timeout).GetAwaiter().GetResult();

    /// <summary>Expects that no packet arrives for a time.</summary>
    /// <param name="probe">The probe.</param>
    /// <param name="duration">How long; null for <c>akka.test.expect-no-message-default</c>.</param>
    public static void ExpectNoPacket(this MqttProbe probe, TimeSpan? duration = null) => probe.ExpectNoPacketAsync(duration).GetAwaiter().GetResult();

    /// <summary>Expects bytes as the next ones.</summary>
    /// <param name="probe">The probe.</param>
    /// <param name="expected">The bytes.</param>
    /// <param name="timeout">How long to wait; null for the default of the test kit.</param>
    public static void ExpectBytes(this MqttProbe probe, ReadOnlyMemory<byte> expected, TimeSpan? timeout = null) =>
        probe.ExpectBytesAsync(expected, timeout).GetAwaiter().GetResult();

    /// <summary>Expects bytes, given as hex, as the next ones.</summary>
    /// <param name="probe">The probe.</param>
    /// <param name="hex">For example <c>"d0 00"</c>; see <see cref="Wire.Parse"/>.</param>
    /// <param name="timeout">How long to wait; null for the default of the test kit.</param>
    public static void ExpectBytes(this MqttProbe probe, string hex, TimeSpan? timeout = null) => probe.ExpectBytesAsync(hex, timeout).GetAwaiter().GetResult();

    /// <summary>Expects that the peer closes in order, and sends nothing before.</summary>
    /// <param name="probe">The probe.</param>
    /// <param name="timeout">How long to wait; null for the default of the test kit.</param>
    public static void ExpectClosed(this MqttProbe probe, TimeSpan? timeout = null) => probe.ExpectClosedAsync(timeout).GetAwaiter().GetResult();

    /// <summary>Expects that the peer resets the connection.</summary>
    /// <param name="probe">The probe.</param>
    /// <param name="timeout">How long to wait; null for the default of the test kit.</param>
    public static void ExpectReset(this MqttProbe probe, TimeSpan? timeout = null) => probe.ExpectResetAsync(timeout).GetAwaiter().GetResult();

    /// <summary>Expects that the peer ends the connection, in order or by a reset, and sends nothing before.</summary>
    /// <param name="probe">The probe.</param>
    /// <param name="timeout">How long to wait; null for the default of the test kit.</param>
    /// <returns>How it ended.</returns>
    public static ConnectionEnd ExpectEnd(this MqttProbe probe, TimeSpan? timeout = null) => probe.ExpectEndAsync(timeout).GetAwaiter().GetResult();
}
