using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.TestKit;

/// <summary>What a probe sends and expects, by methods that block, for tests in the habit of Akka.TestKit.</summary>
public static class MqttProbeBlockingExtensions
{
    /// <summary>Sends packets in one write and waits for the transport.</summary>
    /// <param name="probe">The probe.</param>
    /// <param name="packets">The packets, in order.</param>
    public static void SendPacket(this MqttProbe probe, params MqttPacket[] packets) => probe.SendPacketAsync(packets).GetAwaiter().GetResult();

    /// <summary>Sends bytes as they are and waits for the transport.</summary>
    /// <param name="probe">The probe.</param>
    /// <param name="bytes">The bytes.</param>
    public static void SendBytes(this MqttProbe probe, ReadOnlyMemory<byte> bytes) => probe.SendBytesAsync(bytes).GetAwaiter().GetResult();

    /// <summary>Sends bytes that are written as hex and waits for the transport.</summary>
    /// <param name="probe">The probe.</param>
    /// <param name="hex">For example <c>"c0 00"</c>; see <see cref="Wire.Parse"/>.</param>
    public static void SendBytes(this MqttProbe probe, string hex) => probe.SendBytesAsync(hex).GetAwaiter().GetResult();

    /// <summary>The next packet must be of a type.</summary>
    /// <typeparam name="T">The type of packet; <see cref="MqttPacket"/> takes any.</typeparam>
    /// <param name="probe">The probe.</param>
    /// <param name="timeout">How long to wait; null takes the test kit's default.</param>
    /// <returns>The packet.</returns>
    public static T ExpectPacket<T>(this MqttProbe probe, TimeSpan? timeout = null)
        where T : MqttPacket => probe.ExpectPacketAsync<T>(timeout).GetAwaiter().GetResult();

    /// <summary>The next packet must be of a type and match.</summary>
    /// <typeparam name="T">The type of packet.</typeparam>
    /// <param name="probe">The probe.</param>
    /// <param name="match">What it must be like.</param>
    /// <param name="timeout">How long to wait; null takes the test kit's default.</param>
    /// <returns>The packet.</returns>
    public static T ExpectPacket<T>(this MqttProbe probe, Predicate<T> match, TimeSpan? timeout = null)
        where T : MqttPacket => probe.ExpectPacketAsync(match, timeout).GetAwaiter().GetResult();

    /// <summary>The next packet must equal this one.</summary>
    /// <typeparam name="T">The type of packet.</typeparam>
    /// <param name="probe">The probe.</param>
    /// <param name="expected">The packet.</param>
    /// <param name="timeout">How long to wait; null takes the test kit's default.</param>
    /// <returns>The packet that arrived.</returns>
    public static T ExpectPacket<T>(this MqttProbe probe, T expected, TimeSpan? timeout = null)
        where T : MqttPacket => probe.ExpectPacketAsync(expected, timeout).GetAwaiter().GetResult();

    /// <summary>Skips packets until one is of a type and matches.</summary>
    /// <typeparam name="T">The type of packet.</typeparam>
    /// <param name="probe">The probe.</param>
    /// <param name="match">What it must be like; null takes the first of the type.</param>
    /// <param name="timeout">How long to wait in all; null takes the test kit's default.</param>
    /// <returns>The packet.</returns>
    public static T FishForPacket<T>(this MqttProbe probe, Predicate<T>? match = null, TimeSpan? timeout = null)
        where T : MqttPacket => probe.FishForPacketAsync(match, timeout).GetAwaiter().GetResult();

    /// <summary>No packet may come for a while.</summary>
    /// <param name="probe">The probe.</param>
    /// <param name="duration">How long; null takes <c>akka.test.expect-no-message-default</c>.</param>
    public static void ExpectNoPacket(this MqttProbe probe, TimeSpan? duration = null) => probe.ExpectNoPacketAsync(duration).GetAwaiter().GetResult();

    /// <summary>The next bytes must be these.</summary>
    /// <param name="probe">The probe.</param>
    /// <param name="expected">The bytes.</param>
    /// <param name="timeout">How long to wait; null takes the test kit's default.</param>
    public static void ExpectBytes(this MqttProbe probe, ReadOnlyMemory<byte> expected, TimeSpan? timeout = null) =>
        probe.ExpectBytesAsync(expected, timeout).GetAwaiter().GetResult();

    /// <summary>The next bytes must be these, written as hex.</summary>
    /// <param name="probe">The probe.</param>
    /// <param name="hex">For example <c>"d0 00"</c>; see <see cref="Wire.Parse"/>.</param>
    /// <param name="timeout">How long to wait; null takes the test kit's default.</param>
    public static void ExpectBytes(this MqttProbe probe, string hex, TimeSpan? timeout = null) => probe.ExpectBytesAsync(hex, timeout).GetAwaiter().GetResult();

    /// <summary>The peer must close in order, and send nothing before.</summary>
    /// <param name="probe">The probe.</param>
    /// <param name="timeout">How long to wait; null takes the test kit's default.</param>
    public static void ExpectClosed(this MqttProbe probe, TimeSpan? timeout = null) => probe.ExpectClosedAsync(timeout).GetAwaiter().GetResult();

    /// <summary>The peer must reset the connection.</summary>
    /// <param name="probe">The probe.</param>
    /// <param name="timeout">How long to wait; null takes the test kit's default.</param>
    public static void ExpectReset(this MqttProbe probe, TimeSpan? timeout = null) => probe.ExpectResetAsync(timeout).GetAwaiter().GetResult();

    /// <summary>The peer must end the connection, in order or by a reset, and send nothing before.</summary>
    /// <param name="probe">The probe.</param>
    /// <param name="timeout">How long to wait; null takes the test kit's default.</param>
    /// <returns>Which of the two.</returns>
    public static ConnectionEnd ExpectEnd(this MqttProbe probe, TimeSpan? timeout = null) => probe.ExpectEndAsync(timeout).GetAwaiter().GetResult();
}
