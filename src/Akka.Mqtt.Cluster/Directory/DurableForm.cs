using System.Buffers.Binary;

namespace Akka.Mqtt.Cluster.Directory;

/// <summary>
/// The message that moves a durable session to another node. It contains only the identity, because the database that the nodes share has
/// the session.
/// </summary>
internal static class DurableForm
{
    // SessionForm starts with its own version number; this number is not used there.
    private const byte Version = 128;
    private const int Length = 9;

    /// <summary>Writes the identity of a session.</summary>
    public static byte[] Write(long session)
    {
        var content = new byte[Length];
        content[0] = Version;
        BinaryPrimitives.WriteInt64LittleEndian(content.AsSpan(1), session);
        return content;
    }

    /// <summary>Reads the identity of a session.</summary>
    /// <returns>The identity; null for a session in memory, whose content is in the message.</returns>
    public static long? Read(ReadOnlySpan<byte> content) =>
        content.Length == Length && content[0] == Version ? BinaryPrimitives.ReadInt64LittleEndian(content[1..]) : null;
}
