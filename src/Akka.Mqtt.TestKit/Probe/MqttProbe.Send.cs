using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.TestKit;

public sealed partial class MqttProbe
{
    private ushort _lastPacketId;

    /// <summary>The next packet identifier of this probe: 1, 2, 3 … and after 65,535 again 1.</summary>
    /// <returns>The identifier.</returns>
    public ushort NextPacketId() => _lastPacketId = (ushort)((_lastPacketId % ushort.MaxValue) + 1);

    /// <summary>Sends packets in one write.</summary>
    /// <param name="packets">The packets, in order.</param>
    /// <returns>Ends when the transport has taken them; a peer that takes nothing for the default time-out fails the test.</returns>
    /// <exception cref="ArgumentException">
    /// A packet breaks a rule of the version. What breaks rules on purpose goes out by <c>SendBytesAsync</c>.
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

    /// <summary>Sends bytes as they are, in one write. Bytes of a CONNECT set <see cref="Version"/>.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <returns>Ends when the transport has taken them.</returns>
    public Task SendBytesAsync(ReadOnlyMemory<byte> bytes)
    {
        Version = Wire.VersionOfConnect(bytes.Span) ?? Version;
        _history.Sent(bytes.Span);
        return WriteAsync(bytes);
    }

    /// <summary>Sends bytes that are written as hex.</summary>
    /// <param name="hex">For example <c>"c0 00"</c>; see <see cref="Wire.Parse"/>.</param>
    /// <returns>Ends when the transport has taken them.</returns>
    public Task SendBytesAsync(string hex) => SendBytesAsync(Wire.Parse(hex));

    /// <summary>Sends packets in one write and waits for the transport.</summary>
    /// <param name="packets">The packets, in order.</param>
    public void SendPacket(params MqttPacket[] packets) => SendPacketAsync(packets).GetAwaiter().GetResult();

    /// <summary>Sends bytes as they are and waits for the transport.</summary>
    /// <param name="bytes">The bytes.</param>
    public void SendBytes(ReadOnlyMemory<byte> bytes) => SendBytesAsync(bytes).GetAwaiter().GetResult();

    /// <summary>Sends bytes that are written as hex and waits for the transport.</summary>
    /// <param name="hex">For example <c>"c0 00"</c>; see <see cref="Wire.Parse"/>.</param>
    public void SendBytes(string hex) => SendBytesAsync(hex).GetAwaiter().GetResult();

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
            throw Fail($"{Name} could not send {bytes.Length} bytes: the peer did not take them for {timeout}.");
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            throw Fail($"{Name} could not send {bytes.Length} bytes: {e.Message}");
        }
    }
}
