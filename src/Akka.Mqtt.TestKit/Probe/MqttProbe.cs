using System.Net;
using System.Net.Sockets;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.TestKit.Links;
using Akka.Mqtt.TestKit.Probe;
using Akka.TestKit;

namespace Akka.Mqtt.TestKit;

/// <summary>
/// Plays either side of an MQTT connection, packet by packet and byte by byte, without the runtime under test. It answers nothing by
/// itself. It reads only while something is expected of it: a probe that is not asked is a peer that has stopped reading. Failures go
/// through the assertions of the test kit and show what was expected and what came as annotated hex. Time-outs that are
/// not given are those of the test kit (<c>akka.test.single-expect-default</c>, or what is left of <c>Within</c>), dilated.
/// One thread at a time; sends and expectations may run beside each other.
/// </summary>
public sealed partial class MqttProbe : IAsyncDisposable, IDisposable
{
    private readonly TestKitBase _testKit;
    private readonly DuplexStream _stream;
    private readonly MqttDecoder _decoder;
    private readonly ProbeReader _reader;
    private readonly ProbeHistory _history = new();
    private int _disposed;

    internal MqttProbe(TestKitBase testKit, Stream stream, MqttVersion? version, string name)
    {
        _testKit = testKit;
        _stream = DuplexStream.Of(stream);
        _decoder = new MqttDecoder(null, version) { MaxPacketSize = 16 * 1024 * 1024 };
        _reader = new ProbeReader(_stream, _decoder);
        Name = name;
        if (stream is NetworkStream { Socket: var socket })
            (LocalAddress, RemoteAddress) = (socket.LocalEndPoint, socket.RemoteEndPoint);
        // A probe that a test forgets ends with its actor system.
        testKit.Sys.WhenTerminated.ContinueWith(
            _ =>
            {
                Dispose();
                Faults?.Dispose();
            },
            TaskScheduler.Default);
    }

    /// <summary>What failures call this probe.</summary>
    public string Name { get; }

    /// <summary>
    /// The protocol version to encode and decode by. A CONNECT that is sent or received sets it; null before. Sending another packet while
    /// it is null takes 3.1.1.
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

    /// <summary>Our address, of a socket.</summary>
    public EndPoint? LocalAddress { get; }

    /// <summary>The peer's address, of a socket.</summary>
    public EndPoint? RemoteAddress { get; }

    /// <summary>The faults between the probe and its peer, where it was made with some; they end with the actor system.</summary>
    public FaultyTransport? Faults { get; internal init; }

    /// <summary>Bytes that have arrived and were not expected yet.</summary>
    public ReadOnlyMemory<byte> Unread => _reader.Unread.ToArray();

    /// <summary>Connects over TCP or a unix socket.</summary>
    /// <param name="testKit">The test kit.</param>
    /// <param name="endPoint">Where to.</param>
    /// <param name="timeout">How long it may take; null takes the test kit's default.</param>
    /// <returns>The probe; nothing of MQTT has been sent.</returns>
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
            throw Failure(testKit, $"A probe could not connect to {endPoint}: {e.Message}");
        }
    }

    /// <summary>Connects over TCP.</summary>
    /// <param name="testKit">The test kit.</param>
    /// <param name="host">A host name or an IP address.</param>
    /// <param name="port">The port.</param>
    /// <param name="timeout">How long it may take; null takes the test kit's default.</param>
    /// <returns>The probe; nothing of MQTT has been sent.</returns>
    public static Task<MqttProbe> ConnectAsync(TestKitBase testKit, string host, int port, TimeSpan? timeout = null) =>
        ConnectAsync(
            testKit,
            IPAddress.TryParse(host, out var address) ? new IPEndPoint(address, port) : new DnsEndPoint(host, port),
            timeout);

    /// <summary>Listens as a fake server on a loopback port that the system picks.</summary>
    /// <param name="testKit">The test kit.</param>
    /// <returns>The listener: <see cref="MqttServerProbe.AcceptAsync"/> gives a probe per client.</returns>
    public static MqttServerProbe Listen(TestKitBase testKit) => new(testKit, new IPEndPoint(IPAddress.Loopback, 0));

    /// <summary>Half-closes: the peer reads to the end of what was sent, and the probe still reads what it answers.</summary>
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

    internal static Exception Failure(TestKitBase testKit, string message)
    {
        TestKitAssertionsExtension.For(testKit.Sys).Assertions.Fail("{0}", message);
        // The assertions of every test kit throw; this is for one that does not.
        return new InvalidOperationException(message);
    }
}
