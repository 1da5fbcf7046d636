using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.TestKit;

/// <content>The twins that block, for tests in the habit of Akka.TestKit.</content>
public sealed partial class MqttProbe
{
    /// <summary>The next packet must be of a type.</summary>
    /// <typeparam name="T">The type of packet; <see cref="MqttPacket"/> takes any.</typeparam>
    /// <param name="timeout">How long to wait; null takes the test kit's default.</param>
    /// <returns>The packet.</returns>
    public T ExpectPacket<T>(TimeSpan? timeout = null)
        where T : MqttPacket => ExpectPacketAsync<T>(timeout).GetAwaiter().GetResult();

    /// <summary>The next packet must be of a type and match.</summary>
    /// <typeparam name="T">The type of packet.</typeparam>
    /// <param name="match">What it must be like.</param>
    /// <param name="timeout">How long to wait; null takes the test kit's default.</param>
    /// <returns>The packet.</returns>
    public T ExpectPacket<T>(Predicate<T> match, TimeSpan? timeout = null)
        where T : MqttPacket => ExpectPacketAsync(match, timeout).GetAwaiter().GetResult();

    /// <summary>The next packet must equal this one.</summary>
    /// <typeparam name="T">The type of packet.</typeparam>
    /// <param name="expected">The packet.</param>
    /// <param name="timeout">How long to wait; null takes the test kit's default.</param>
    /// <returns>The packet that came.</returns>
    public T ExpectPacket<T>(T expected, TimeSpan? timeout = null)
        where T : MqttPacket => ExpectPacketAsync(expected, timeout).GetAwaiter().GetResult();

    /// <summary>Skips packets until one is of a type and matches.</summary>
    /// <typeparam name="T">The type of packet.</typeparam>
    /// <param name="match">What it must be like; null takes the first of the type.</param>
    /// <param name="timeout">How long to wait in all; null takes the test kit's default.</param>
    /// <returns>The packet.</returns>
    public T FishForPacket<T>(Predicate<T>? match = null, TimeSpan? timeout = null)
        where T : MqttPacket => FishForPacketAsync(match, timeout).GetAwaiter().GetResult();

    /// <summary>No packet may come for a while.</summary>
    /// <param name="duration">How long; null takes <c>akka.test.expect-no-message-default</c>.</param>
    public void ExpectNoPacket(TimeSpan? duration = null) => ExpectNoPacketAsync(duration).GetAwaiter().GetResult();

    /// <summary>The next bytes must be these.</summary>
    /// <param name="expected">The bytes.</param>
    /// <param name="timeout">How long to wait; null takes the test kit's default.</param>
    public void ExpectBytes(ReadOnlyMemory<byte> expected, TimeSpan? timeout = null) =>
        ExpectBytesAsync(expected, timeout).GetAwaiter().GetResult();

    /// <summary>The next bytes must be these, written as hex.</summary>
    /// <param name="hex">For example <c>"d0 00"</c>; see <see cref="Wire.Parse"/>.</param>
    /// <param name="timeout">How long to wait; null takes the test kit's default.</param>
    public void ExpectBytes(string hex, TimeSpan? timeout = null) => ExpectBytesAsync(hex, timeout).GetAwaiter().GetResult();

    /// <summary>The peer must close in order, and send nothing before.</summary>
    /// <param name="timeout">How long to wait; null takes the test kit's default.</param>
    public void ExpectClosed(TimeSpan? timeout = null) => ExpectClosedAsync(timeout).GetAwaiter().GetResult();

    /// <summary>The peer must reset the connection.</summary>
    /// <param name="timeout">How long to wait; null takes the test kit's default.</param>
    public void ExpectReset(TimeSpan? timeout = null) => ExpectResetAsync(timeout).GetAwaiter().GetResult();

    /// <summary>The peer must end the connection, in order or by a reset, and send nothing before.</summary>
    /// <param name="timeout">How long to wait; null takes the test kit's default.</param>
    /// <returns>Which of the two.</returns>
    public ConnectionEnd ExpectEnd(TimeSpan? timeout = null) => ExpectEndAsync(timeout).GetAwaiter().GetResult();
}
