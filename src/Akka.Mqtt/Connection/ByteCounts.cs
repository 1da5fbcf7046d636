namespace Akka.Mqtt.Connection;

/// <summary>
/// Bytes that one connection received and sent, without TLS and its handshake. Only its connection actor writes them, once a chunk; any thread may
/// read them. All instances are equal, because a TransportInfo that carries one is compared by its other properties.
/// </summary>
internal sealed class ByteCounts : IEquatable<ByteCounts>
{
    /// <summary>The counts of a transport that has no connection yet.</summary>
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
