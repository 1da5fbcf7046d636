using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace Akka.Mqtt.Protocol;

/// <summary>
/// Immutable bytes with value equality: a payload, a password, correlation data. Converts implicitly from bytes, which it copies, and from
/// text, which it encodes as UTF-8. <see cref="Wrap"/> uses bytes without copying them. <see cref="MqttList{T}"/> has the same
/// conventions.
/// </summary>
public readonly struct MqttBinary : IEquatable<MqttBinary>
{
    private const int ShownBytes = 16;

    private MqttBinary(ReadOnlyMemory<byte> bytes) => Memory = bytes;

    /// <summary>No bytes; the same as <see langword="default"/>.</summary>
    public static MqttBinary Empty => default;

    /// <summary>The bytes.</summary>
    public ReadOnlyMemory<byte> Memory { get; }

    /// <summary>The bytes, as a span.</summary>
    public ReadOnlySpan<byte> Span => Memory.Span;

    /// <summary>Number of bytes.</summary>
    public int Length => Memory.Length;

    /// <summary>Whether there are no bytes.</summary>
    public bool IsEmpty => Memory.IsEmpty;

    /// <summary>Encodes text as UTF-8.</summary>
    /// <param name="text">The text; must not be null.</param>
    /// <returns>Its bytes.</returns>
    public static MqttBinary FromText(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return new(Encoding.UTF8.GetBytes(text));
    }

    /// <summary>Copies bytes; the same as the implicit conversion.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <returns>A copy.</returns>
    public static MqttBinary FromBytes(ReadOnlySpan<byte> bytes) => bytes.IsEmpty ? default : new(bytes.ToArray());

    /// <summary>Uses bytes without copying them.</summary>
    /// <param name="bytes">The bytes; they must not be changed afterwards, because that would change what was sent or stored.</param>
    /// <returns>The same bytes.</returns>
    public static MqttBinary Wrap(ReadOnlyMemory<byte> bytes) => new(bytes);

    /// <summary>Copies an array. <see cref="Wrap"/> does not.</summary>
    /// <param name="bytes">The bytes; null is empty.</param>
    public static implicit operator MqttBinary(byte[]? bytes) => FromBytes(bytes);

    /// <summary>Copies bytes. <see cref="Wrap"/> does not.</summary>
    /// <param name="bytes">The bytes.</param>
    public static implicit operator MqttBinary(ReadOnlyMemory<byte> bytes) => FromBytes(bytes.Span);

    /// <summary>Encodes text as UTF-8.</summary>
    /// <param name="text">The text.</param>
    [SuppressMessage("Usage", "CA2225", Justification = "The alternate is FromText.")]
    public static implicit operator MqttBinary(string text) => FromText(text);

    /// <summary>Whether both contain the same bytes.</summary>
    /// <param name="left">One side.</param>
    /// <param name="right">The other side.</param>
    public static bool operator ==(MqttBinary left, MqttBinary right) => left.Equals(right);

    /// <summary>Whether both contain different bytes.</summary>
    /// <param name="left">One side.</param>
    /// <param name="right">The other side.</param>
    public static bool operator !=(MqttBinary left, MqttBinary right) => !left.Equals(right);

    /// <summary>Decodes the bytes as UTF-8; ill-formed bytes become U+FFFD.</summary>
    /// <returns>The text.</returns>
    public string ToText() => Encoding.UTF8.GetString(Span);

    /// <summary>Copies the bytes to a new array.</summary>
    /// <returns>The copy.</returns>
    public byte[] ToArray() => Memory.ToArray();

    /// <inheritdoc/>
    public bool Equals(MqttBinary other) => Span.SequenceEqual(other.Span);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is MqttBinary other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.Add(Length);
        hash.AddBytes(Span.Length <= 64 ? Span : Span[..64]);
        return hash.ToHashCode();
    }

    /// <summary>The length and the first bytes in hexadecimal: safe for a log.</summary>
    /// <returns>For example <c>5 bytes 68656c6c6f</c>.</returns>
    public override string ToString() => Length switch
    {
        0 => "0 bytes",
        <= ShownBytes => $"{Length} bytes {Convert.ToHexStringLower(Span)}",
        _ => $"{Length} bytes {Convert.ToHexStringLower(Span[..ShownBytes])}…",
    };
}
