using System.Buffers.Binary;

namespace Akka.Mqtt.Cluster.Directory;

/// <summary>A durable session on its way to another node: only its identity, because the database that the nodes share has all of it.</summary>
internal static class DurableForm
{
    // SessionForm begins with its own version; this is none of them.
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
    /// <returns>The identity; null when it is a session in memory, of which the content has everything.</returns>
    public static long? Read(ReadOnlySpan<byte> content) =>
        content.Length == Length && content[0] == Version ? BinaryPrimitives.ReadInt64LittleEndian(content[1..]) : null;
}
