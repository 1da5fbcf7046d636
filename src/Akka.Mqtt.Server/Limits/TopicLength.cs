using System.Text;

namespace Akka.Mqtt.Server.Limits;

/// <summary>The length of topic names and filters.</summary>
internal static class TopicLength
{
    /// <summary>Whether a text is longer than a number of bytes of UTF-8; counts only texts that may be.</summary>
    public static bool Exceeds(string text, int maxBytes) => text.Length > maxBytes / 3 && Encoding.UTF8.GetByteCount(text) > maxBytes;
}
