namespace Akka.Mqtt.Connection;

/// <summary>
/// Bytes of one connection, both ways, handshakes and TLS not counted. Written by its connection actor alone, once a chunk; read by anybody.
/// Equal to every other: it is no property of a transport, it only travels with it.
/// </summary>
internal sealed class ByteCounts : IEquatable<ByteCounts>
{
    /// <summary>Of a transport that has no connection yet.</summary>
    public static readonly ByteCounts None = new();

    private long _received;
    private long _sent;

    public long Received => Volatile.Read(ref _received);

    public long Sent => Volatile.Read(ref _sent);

    public void AddReceived(int count) => Volatile.Write(ref _received, _received + count);

    public void AddSent(int count) => Volatile.Write(ref _sent, _sent + count);

    public bool Equals(ByteCounts? other) => true;

    public override bool Equals(object? obj) => obj is null or ByteCounts;

    public override int GetHashCode() => 0;
}
