using System.Net;
using System.Net.Sockets;
using System.Text;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.TestKit.Links;
using Akka.Mqtt.TestKit.Probe;
using Akka.TestKit;

namespace Akka.Mqtt.TestKit;

/// <summary>
/// Acts as either side of an MQTT connection, packet by packet and byte by byte, without the runtime under test. It answers nothing by
/// itself. It reads only during an expectation: otherwise it behaves like a peer that has stopped reading. Failures use the assertions of
/// the test kit and show what was expected and what arrived, as annotated hex. The default time-outs are those of the test kit
/// (<c>akka.test.single-expect-default</c>, or the rest of <c>Within</c>), dilated. One thread at a time; sends and expectations may run
/// concurrently.
/// </summary>
public sealed partial class MqttProbe : IAsyncDisposable, IDisposable
{
    private readonly TestKitBase _testKit;
    private readonly DuplexStream _stream;
    private readonly MqttDecoder _decoder;
    private readonly ProbeReader _reader;
    private readonly ProbeHistory _history = new();
    private readonly ProbeFailures _failures;
    private Predicate<MqttPacket>? _ignored;
    private ushort _lastPacketId;
    private int _disposed;

    internal MqttProbe(TestKitBase testKit, Stream stream, MqttVersion? version, string name)
    {
        _testKit = testKit;
        _stream = DuplexStream.Of(stream);
        _decoder = new MqttDecoder(null, version) { MaxPacketSize = 16 * 1024 * 1024 };
        _reader = new ProbeReader(_stream, _decoder);
        _failures = new ProbeFailures(testKit, name, () => Version, _reader, _history);
        Name = name;
        if (stream is NetworkStream { Socket: var socket })
            (LocalAddress, RemoteAddress) = (socket.LocalEndPoint, socket.RemoteEndPoint);
        // A probe that a test does not dispose ends with its actor system.
        testKit.Sys.WhenTerminated.ContinueWith(
            _ =>
            {
                Dispose();
                Faults?.Dispose();
            },
            TaskScheduler.Default);
    }

    /// <summary>The name of this probe in failures.</summary>
    public string Name { get; }

    /// <summary>
    /// The protocol version for encoding and decoding; null until a CONNECT is sent or received, which sets it. While it is null, other
    /// packets are sent as 3.1.1.
    /// </summary>
    public MqttVersion? Version
    {
        get => _decoder.Version;
        set => _decoder.Version = value;
    }

    /// <summary>The largest packet that the probe reads, in bytes. Default: 16 MiB.</summary>
    public int MaxPacketSize
    {
        get => _decoder.MaxPacketSize;
        set => _decoder.MaxPacketSize = value;
    }

    /// <summary>Our address, if the probe uses a socket.</summary>
    public EndPoint? LocalAddress { get; }

    /// <summary>The peer's address, if the probe uses a socket.</summary>
    public EndPoint? RemoteAddress { get; }

    /// <summary>The faults between the probe and its peer; null for none. They end with the actor system.</summary>
    public FaultyTransport? Faults { get; internal init; }

    /// <summary>Bytes that were received and not expected yet.</summary>
    public ReadOnlyMemory<byte> Unread => _reader.Unread.ToArray();

    /// <summary>Connects over TCP or a unix socket.</summary>
    /// <param name="testKit">The test kit.</param>
    /// <param name="endPoint">The address.</param>
    /// <param name="timeout">Time limit; null for the default of the test kit.</param>
    /// <returns>The probe; no MQTT packet has been sent.</returns>
    public static async Task<MqttProbe> ConnectAsync(TestKitBase testKit, EndPoint endPoint, TimeSpan? timeout = null)
    {
        ArgumentNullException.ThrowIfNull(testKit);
        ArgumentNullException.ThrowIfNull(endPoint);
        using var limit = new CancellationTokenSource(testKit.RemainingOrDilated(timeout));
        try
        {
            var stream = await Sockets.ConnectAsync(endPoint, limit.Token).ConfigureAwait(false);
            return new MqttProbe(testKit, stream, null, $"probe to {endPoint}");
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            throw ProbeFailures.Of(testKit, $"A probe could not connect to {endPoint}: {e.Message}");
        }
    }

    /// <summary>Connects over TCP.</summary>
    /// <param name="testKit">The test kit.</param>
    /// <param name="host">A host name or an IP address.</param>
    /// <param name="port">The port.</param>
    /// <param name="timeout">Time limit; null for the default of the test kit.</param>
    /// <returns>The probe; no MQTT packet has been sent.</returns>
    public static Task<MqttProbe> ConnectAsync(TestKitBase testKit, string host, int port, TimeSpan? timeout = null) =>
        ConnectAsync(
            testKit,
            IPAddress.TryParse(host, out var address) ? new IPEndPoint(address, port) : new DnsEndPoint(host, port),
            timeout);

    /// <summary>Listens as a fake server on a loopback port that the operating system chooses.</summary>
    /// <param name="testKit">The test kit.</param>
    /// <returns>The listener: <see cref="MqttServerProbe.AcceptAsync"/> returns a probe for each client.</returns>
    public static MqttServerProbe Listen(TestKitBase testKit) => new(testKit, new IPEndPoint(IPAddress.Loopback, 0));

    /// <summary>The next packet identifier of this probe: 1, 2, 3 … and after 65,535 again 1.</summary>
    /// <returns>The identifier.</returns>
    public ushort NextPacketId() => _lastPacketId = (ushort)((_lastPacketId % ushort.MaxValue) + 1);

    /// <summary>Sends packets in one write.</summary>
    /// <param name="packets">The packets, in order.</param>
    /// <returns>
    /// Completes when the transport has accepted them. If the peer accepts nothing for the default time-out, the test fails.
    /// </returns>
    /// <exception cref="ArgumentException">
    /// A packet violates a rule of the version. Use <c>SendBytesAsync</c> to violate rules on purpose.
    /// </exception>
    public async Task SendPacketAsync(params MqttPacket[] packets)
    {
        ArgumentNullException.ThrowIfNull(packets);
        var bytes = new MemoryStream();
        foreach (var packet in packets)
        {
            if (packet is Connect connect)
                Version = connect.Version;
            bytes.Write(MqttEncoder.Encode(packet, Version ?? MqttVersion.V311));
            _history.Sent(packet);
        }

        await WriteAsync(bytes.GetBuffer().AsMemory(0, (int)bytes.Length)).ConfigureAwait(false);
    }

    /// <summary>Sends bytes unchanged in one write. Bytes of a CONNECT set <see cref="Version"/>.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <returns>Completes when the transport has accepted them.</returns>
    public Task SendBytesAsync(ReadOnlyMemory<byte> bytes)
    {
        Version = Wire.VersionOfConnect(bytes.Span) ?? Version;
        _history.Sent(bytes.Span);
        return WriteAsync(bytes);
    }

    /// <summary>Sends bytes given as hex.</summary>
    /// <param name="hex">For example <c>"c0 00"</c>; see <see cref="Wire.Parse"/>.</param>
    /// <returns>Completes when the transport has accepted them.</returns>
    public Task SendBytesAsync(string hex) => SendBytesAsync(Wire.Parse(hex));

    /// <summary>Makes all expectations of packets skip matching packets from now on, for example pings. Null skips none.</summary>
    /// <param name="ignored">The packets to skip.</param>
    public void IgnorePackets(Predicate<MqttPacket>? ignored) => _ignored = ignored;

    /// <summary>Expects a packet of a type as the next one.</summary>
    /// <typeparam name="T">The type of packet; <see cref="MqttPacket"/> for any.</typeparam>
    /// <param name="timeout">How long to wait; null for the default of the test kit.</param>
    /// <returns>The packet.</returns>
    public async Task<T> ExpectPacketAsync<T>(TimeSpan? timeout = null)
        where T : MqttPacket
    {
        var deadline = Until(timeout);
        var result = await NextAsync(deadline).ConfigureAwait(false);
        return result.Packet as T ?? throw _failures.Unexpected(TypeName<T>(), null, result, deadline);
    }

    /// <summary>Expects a matching packet of a type as the next one.</summary>
    /// <typeparam name="T">The type of packet.</typeparam>
    /// <param name="match">The condition.</param>
    /// <param name="timeout">How long to wait; null for the default of the test kit.</param>
    /// <returns>The packet.</returns>
    public async Task<T> ExpectPacketAsync<T>(Predicate<T> match, TimeSpan? timeout = null)
        where T : MqttPacket
    {
        ArgumentNullException.ThrowIfNull(match);
        var deadline = Until(timeout);
        var result = await NextAsync(deadline).ConfigureAwait(false);
        return result.Packet is T packet && match(packet)
            ? packet
            : throw _failures.Unexpected($"{TypeName<T>()} that matches", null, result, deadline);
    }

    /// <summary>Expects a packet that equals a given one, including the bytes of payloads.</summary>
    /// <typeparam name="T">The type of packet.</typeparam>
    /// <param name="expected">The packet.</param>
    /// <param name="timeout">How long to wait; null for the default of the test kit.</param>
    /// <returns>The packet that arrived.</returns>
    public async Task<T> ExpectPacketAsync<T>(T expected, TimeSpan? timeout = null)
        where T : MqttPacket
    {
        ArgumentNullException.ThrowIfNull(expected);
        var deadline = Until(timeout);
        var result = await NextAsync(deadline).ConfigureAwait(false);
        return result.Packet is T packet && packet.Equals(expected)
            ? packet
            : throw _failures.Unexpected(expected.ToString()!, expected, result, deadline);
    }

    /// <summary>Skips packets until one has the type and matches.</summary>
    /// <typeparam name="T">The type of packet.</typeparam>
    /// <param name="match">The condition; null for the first packet of the type.</param>
    /// <param name="timeout">How long to wait in total; null for the default of the test kit.</param>
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
                throw _failures.Unexpected($"eventually {TypeName<T>()}{(match is null ? "" : " that matches")}", null, result, deadline);
        }
    }

    /// <summary>Expects that no packet arrives for a time, and that the connection does not end.</summary>
    /// <param name="duration">How long; null for <c>akka.test.expect-no-message-default</c>.</param>
    /// <returns>Completes after that time.</returns>
    public async Task ExpectNoPacketAsync(TimeSpan? duration = null)
    {
        var deadline = new Deadline(duration is { } given ? _testKit.Dilated(given) : _testKit.NoMessageRemainingOrDefault);
        var result = await NextAsync(deadline).ConfigureAwait(false);
        if (result.Outcome != ProbeReader.Outcome.TimedOut)
            throw _failures.Unexpected($"no packet for {deadline.Timeout}", null, result, deadline);
        if (!result.Bytes.IsEmpty)
            throw _failures.Unexpected($"no byte for {deadline.Timeout}", null, result, deadline);
    }

    /// <summary>Expects bytes as the next ones.</summary>
    /// <param name="expected">The bytes.</param>
    /// <param name="timeout">How long to wait; null for the default of the test kit.</param>
    /// <returns>Completes when they have arrived.</returns>
    public async Task ExpectBytesAsync(ReadOnlyMemory<byte> expected, TimeSpan? timeout = null)
    {
        var deadline = Until(timeout);
        var result = await _reader.ReadBytesAsync(expected.Length, deadline).ConfigureAwait(false);
        if (result.Outcome == ProbeReader.Outcome.Bytes && result.Bytes.Span.SequenceEqual(expected.Span))
            return;
        var text = new StringBuilder($"{Name} expected these {expected.Length} bytes:\n").Append(ProbeFailures.Indent(Wire.Annotate(expected, Version)));
        var same = result.Bytes.Span.CommonPrefixLength(expected.Span);
        text.Append(result.Outcome == ProbeReader.Outcome.Bytes
            ? $"\nbut from byte {same} on others arrived:\n{ProbeFailures.Indent(Wire.Annotate(result.Bytes, Version))}"
            : $"\nbut {_failures.Why(result, deadline)}");
        throw _failures.Fail(text.ToString());
    }

    /// <summary>Expects bytes, given as hex, as the next ones.</summary>
    /// <param name="hex">For example <c>"d0 00"</c>; see <see cref="Wire.Parse"/>.</param>
    /// <param name="timeout">How long to wait; null for the default of the test kit.</param>
    /// <returns>Completes when they have arrived.</returns>
    public Task ExpectBytesAsync(string hex, TimeSpan? timeout = null) => ExpectBytesAsync(Wire.Parse(hex), timeout);

    /// <summary>Reads any bytes.</summary>
    /// <param name="count">How many.</param>
    /// <param name="timeout">How long to wait; null for the default of the test kit.</param>
    /// <returns>The bytes.</returns>
    public async Task<byte[]> ReadBytesAsync(int count, TimeSpan? timeout = null)
    {
        var deadline = Until(timeout);
        var result = await _reader.ReadBytesAsync(count, deadline).ConfigureAwait(false);
        return result.Outcome == ProbeReader.Outcome.Bytes
            ? result.Bytes.ToArray()
            : throw _failures.Fail($"{Name} expected {count} bytes, but {_failures.Why(result, deadline)}");
    }

    /// <summary>Expects that the peer closes in order, and sends nothing before.</summary>
    /// <param name="timeout">How long to wait; null for the default of the test kit.</param>
    /// <returns>Completes when it has closed.</returns>
    public Task ExpectClosedAsync(TimeSpan? timeout = null) => ExpectEndAsync("the peer to close", ConnectionEnd.Closed, timeout);

    /// <summary>Expects that the peer resets the connection. Bytes that it sent before may be lost, so they are not checked.</summary>
    /// <param name="timeout">How long to wait; null for the default of the test kit.</param>
    /// <returns>Completes when it has reset.</returns>
    public async Task ExpectResetAsync(TimeSpan? timeout = null)
    {
        var deadline = Until(timeout);
        ProbeReader.Outcome? outcome;
        do
            outcome = await _reader.FillAsync(deadline).ConfigureAwait(false);
        while (outcome is null);
        if (_reader.End != ConnectionEnd.Reset)
            throw _failures.Fail($"{Name} expected a reset, but {_failures.Why(new ProbeReader.Result(outcome.Value, null, _reader.Unread), deadline)}");
    }

    /// <summary>Expects that the peer ends the connection, in order or by a reset, and sends nothing before.</summary>
    /// <param name="timeout">How long to wait; null for the default of the test kit.</param>
    /// <returns>How it ended.</returns>
    public Task<ConnectionEnd> ExpectEndAsync(TimeSpan? timeout = null) => ExpectEndAsync("the connection to end", null, timeout);

    /// <summary>Half-closes: the peer reads to the end of the sent bytes, and the probe can still read its answers.</summary>
    public void CompleteWrites()
    {
        _history.Note("half-closed by the probe");
        _stream.CompleteWrites();
    }

    /// <summary>Resets the connection (TCP: RST).</summary>
    public void Abort()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        _stream.Abort();
        _reader.Forget();
    }

    /// <summary>Closes in order, without a DISCONNECT. The same as <see cref="Dispose"/>.</summary>
    public void Close() => Dispose();

    /// <summary>Closes the connection.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        _stream.Dispose();
        _reader.Forget();
    }

    /// <summary>Closes the connection.</summary>
    /// <returns>A completed task.</returns>
    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override string ToString() => Name;

    private async Task<ConnectionEnd> ExpectEndAsync(string what, ConnectionEnd? wanted, TimeSpan? timeout)
    {
        var deadline = Until(timeout);
        var result = await NextAsync(deadline).ConfigureAwait(false);
        if (result.Outcome == ProbeReader.Outcome.Ended && result.Bytes.IsEmpty && _reader.End is { } end && (wanted ?? end) == end)
            return end;
        throw _failures.Unexpected(what, null, result, deadline);
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

    private static string TypeName<T>() => typeof(T) == typeof(MqttPacket) ? "a packet" : typeof(T).Name;

    private async Task WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        var timeout = _testKit.RemainingOrDilated(null);
        using var limit = new CancellationTokenSource(timeout);
        try
        {
            await _stream.WriteAsync(bytes, limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            throw _failures.Fail($"{Name} could not send {bytes.Length} bytes: the peer did not accept them within {timeout}.");
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            throw _failures.Fail($"{Name} could not send {bytes.Length} bytes: {e.Message}");
        }
    }
}
