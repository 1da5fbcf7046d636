using System.Text;

namespace Akka.Mqtt.Server.Limits;

/// <summary>The length of topic names and filters.</summary>
internal static class TopicLength
{
    /// <summary>Whether a text is longer than a number of bytes in UTF-8. Encodes only texts that could be.</summary>
    public static bool Exceeds(string text, int maxBytes) => text.Length > maxBytes / 3 && Encoding.UTF8.GetByteCount(text) > maxBytes;
}
