using System.Text;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.TestKit.Probe;

namespace Akka.Mqtt.TestKit;

public sealed partial class MqttProbe
{
    private Predicate<MqttPacket>? _ignored;

    /// <summary>Packets that match are skipped by all expectations of packets from now on, for example pings. Null ignores none.</summary>
    /// <param name="ignored">What to skip.</param>
    public void IgnorePackets(Predicate<MqttPacket>? ignored) => _ignored = ignored;

    /// <summary>The next packet must be of a type.</summary>
    /// <typeparam name="T">The type of packet; <see cref="MqttPacket"/> takes any.</typeparam>
    /// <param name="timeout">How long to wait; null takes the test kit's default.</param>
    /// <returns>The packet.</returns>
    public async Task<T> ExpectPacketAsync<T>(TimeSpan? timeout = null)
        where T : MqttPacket
    {
        var deadline = Until(timeout);
        var result = await NextAsync(deadline).ConfigureAwait(false);
        return result.Packet as T ?? throw Unexpected(TypeName<T>(), null, result, deadline);
    }

    /// <summary>The next packet must be of a type and match.</summary>
    /// <typeparam name="T">The type of packet.</typeparam>
    /// <param name="match">What it must be like.</param>
    /// <param name="timeout">How long to wait; null takes the test kit's default.</param>
    /// <returns>The packet.</returns>
    public async Task<T> ExpectPacketAsync<T>(Predicate<T> match, TimeSpan? timeout = null)
        where T : MqttPacket
    {
        ArgumentNullException.ThrowIfNull(match);
        var deadline = Until(timeout);
        var result = await NextAsync(deadline).ConfigureAwait(false);
        return result.Packet is T packet && match(packet)
            ? packet
            : throw Unexpected($"{TypeName<T>()} that matches", null, result, deadline);
    }

    /// <summary>The next packet must equal this one, bytes of payloads included.</summary>
    /// <typeparam name="T">The type of packet.</typeparam>
    /// <param name="expected">The packet.</param>
    /// <param name="timeout">How long to wait; null takes the test kit's default.</param>
    /// <returns>The packet that came.</returns>
    public async Task<T> ExpectPacketAsync<T>(T expected, TimeSpan? timeout = null)
        where T : MqttPacket
    {
        ArgumentNullException.ThrowIfNull(expected);
        var deadline = Until(timeout);
        var result = await NextAsync(deadline).ConfigureAwait(false);
        return result.Packet is T packet && packet.Equals(expected)
            ? packet
            : throw Unexpected(expected.ToString()!, expected, result, deadline);
    }

    /// <summary>Skips packets until one is of a type and matches.</summary>
    /// <typeparam name="T">The type of packet.</typeparam>
    /// <param name="match">What it must be like; null takes the first of the type.</param>
    /// <param name="timeout">How long to wait in all; null takes the test kit's default.</param>
    /// <returns>The packet.</returns>
    public async Task<T> FishForPacketAsync<T>(Predicate<T>? match = null, TimeSpan? timeout = null)
        where T : MqttPacket
    {
        var deadline = Until(timeout);
        while (true)
        {
            var result = await NextAsync(deadline).ConfigureAwait(false);
            if (result.Packet is T packet && (match is null || match(packet)))
                return packet;
            if (result.Packet is null)
                throw Unexpected($"sooner or later {TypeName<T>()}{(match is null ? "" : " that matches")}", null, result, deadline);
        }
    }

    /// <summary>No packet may come for a while. The connection may not end either.</summary>
    /// <param name="duration">How long; null takes <c>akka.test.expect-no-message-default</c>.</param>
    /// <returns>Ends after that time.</returns>
    public async Task ExpectNoPacketAsync(TimeSpan? duration = null)
    {
        var deadline = new Deadline(duration is { } given ? _testKit.Dilated(given) : _testKit.NoMessageRemainingOrDefault);
        var result = await NextAsync(deadline).ConfigureAwait(false);
        if (result.Outcome != ProbeReader.Outcome.TimedOut)
            throw Unexpected($"no packet for {deadline.Timeout}", null, result, deadline);
        if (!result.Bytes.IsEmpty)
            throw Unexpected($"no byte for {deadline.Timeout}", null, result, deadline);
    }

    /// <summary>The next bytes must be these.</summary>
    /// <param name="expected">The bytes.</param>
    /// <param name="timeout">How long to wait; null takes the test kit's default.</param>
    /// <returns>Ends when they have come.</returns>
    public async Task ExpectBytesAsync(ReadOnlyMemory<byte> expected, TimeSpan? timeout = null)
    {
        var deadline = Until(timeout);
        var result = await _reader.ReadBytesAsync(expected.Length, deadline).ConfigureAwait(false);
        if (result.Outcome == ProbeReader.Outcome.Bytes && result.Bytes.Span.SequenceEqual(expected.Span))
            return;
        var text = new StringBuilder($"{Name} expected these {expected.Length} bytes:\n").Append(Indent(Wire.Annotate(expected, Version)));
        var same = result.Bytes.Span.CommonPrefixLength(expected.Span);
        text.Append(result.Outcome == ProbeReader.Outcome.Bytes
            ? $"\nbut from byte {same} on others came:\n{Indent(Wire.Annotate(result.Bytes, Version))}"
            : $"\nbut {Why(result, deadline)}");
        throw Fail(text.ToString());
    }

    /// <summary>The next bytes must be these, written as hex.</summary>
    /// <param name="hex">For example <c>"d0 00"</c>; see <see cref="Wire.Parse"/>.</param>
    /// <param name="timeout">How long to wait; null takes the test kit's default.</param>
    /// <returns>Ends when they have come.</returns>
    public Task ExpectBytesAsync(string hex, TimeSpan? timeout = null) => ExpectBytesAsync(Wire.Parse(hex), timeout);

    /// <summary>Reads bytes, whatever they are.</summary>
    /// <param name="count">How many.</param>
    /// <param name="timeout">How long to wait; null takes the test kit's default.</param>
    /// <returns>The bytes.</returns>
    public async Task<byte[]> ReadBytesAsync(int count, TimeSpan? timeout = null)
    {
        var deadline = Until(timeout);
        var result = await _reader.ReadBytesAsync(count, deadline).ConfigureAwait(false);
        return result.Outcome == ProbeReader.Outcome.Bytes
            ? result.Bytes.ToArray()
            : throw Fail($"{Name} expected {count} bytes, but {Why(result, deadline)}");
    }

    /// <summary>The peer must close in order, and send nothing before.</summary>
    /// <param name="timeout">How long to wait; null takes the test kit's default.</param>
    /// <returns>Ends when it has.</returns>
    public Task ExpectClosedAsync(TimeSpan? timeout = null) => ExpectEndAsync("the peer to close", ConnectionEnd.Closed, timeout);

    /// <summary>The peer must reset the connection. What it sent before a reset may be lost, so nothing is said about it.</summary>
    /// <param name="timeout">How long to wait; null takes the test kit's default.</param>
    /// <returns>Ends when it has.</returns>
    public async Task ExpectResetAsync(TimeSpan? timeout = null)
    {
        var deadline = Until(timeout);
        ProbeReader.Outcome? outcome;
        do
            outcome = await _reader.FillAsync(deadline).ConfigureAwait(false);
        while (outcome is null);
        if (_reader.End != ConnectionEnd.Reset)
            throw Fail($"{Name} expected a reset, but {Why(new ProbeReader.Result(outcome.Value, null, _reader.Unread), deadline)}");
    }

    /// <summary>The peer must end the connection, in order or by a reset, and send nothing before.</summary>
    /// <param name="timeout">How long to wait; null takes the test kit's default.</param>
    /// <returns>Which of the two.</returns>
    public Task<ConnectionEnd> ExpectEndAsync(TimeSpan? timeout = null) => ExpectEndAsync("the connection to end", null, timeout);

    private async Task<ConnectionEnd> ExpectEndAsync(string what, ConnectionEnd? wanted, TimeSpan? timeout)
    {
        var deadline = Until(timeout);
        var result = await NextAsync(deadline).ConfigureAwait(false);
        if (result.Outcome == ProbeReader.Outcome.Ended && result.Bytes.IsEmpty && _reader.End is { } end && (wanted ?? end) == end)
            return end;
        throw Unexpected(what, null, result, deadline);
    }

    private async Task<ProbeReader.Result> NextAsync(Deadline deadline)
    {
        while (true)
        {
            var result = await _reader.ReadPacketAsync(deadline).ConfigureAwait(false);
            if (result.Packet is null)
                return result;
            _history.Received(result.Packet);
            if (_ignored is null || !_ignored(result.Packet))
                return result;
        }
    }

    private Deadline Until(TimeSpan? timeout) => new(_testKit.RemainingOrDilated(timeout));

    private Exception Unexpected(string what, MqttPacket? expected, ProbeReader.Result result, Deadline deadline)
    {
        var text = new StringBuilder(Name).Append(" expected ").Append(what);
        if (expected is not null)
            text.Append('\n').Append(Indent(Wire.Annotate(expected, Version ?? MqttVersion.V311))).Append('\n');
        text.Append(expected is null ? ", but " : "but ").Append(Why(result, deadline));
        return Fail(text.ToString());
    }

    private string Why(ProbeReader.Result result, Deadline deadline)
    {
        var bytes = result.Bytes.IsEmpty ? "" : $":\n{Indent(Wire.Annotate(result.Bytes, Version))}";
        return result.Outcome switch
        {
            ProbeReader.Outcome.Packet => $"received {result.Packet}{bytes}",
            ProbeReader.Outcome.Malformed => $"received bytes that are no packet, {result.Error}{bytes}",
            ProbeReader.Outcome.Ended => "the peer "
                + (_reader.End == ConnectionEnd.Closed ? "closed" : $"reset ({_reader.EndCause?.Message})")
                + (result.Bytes.IsEmpty ? "." : $" in the middle of{bytes}"),
            _ => result.Bytes.IsEmpty ? $"nothing came for {deadline.Timeout}." : $"within {deadline.Timeout} only this came{bytes}",
        };
    }

    private Exception Fail(string message)
    {
        var text = new StringBuilder(message);
        _history.AppendTo(text);
        return Failure(_testKit, text.ToString().TrimEnd('\n'));
    }

    private static string TypeName<T>() => typeof(T) == typeof(MqttPacket) ? "a packet" : typeof(T).Name;

    private static string Indent(string lines) => "  " + lines.Replace("\n", "\n  ", StringComparison.Ordinal);
}
