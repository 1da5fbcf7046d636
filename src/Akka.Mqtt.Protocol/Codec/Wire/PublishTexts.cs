namespace Akka.Mqtt.Protocol.Codec;

/// <summary>What a decoder keeps of the texts of PUBLISH packets, because a connection repeats them. Owned by one decoder.</summary>
internal sealed class PublishTexts
{
    /// <summary>Topic names, and response topics.</summary>
    public TextCache Topics { get; } = TextCache.OfTopics();

    /// <summary>Content types, and names and values of user properties. Made when the first one arrives.</summary>
    public TextCache Others => field ??= TextCache.OfTexts();
}
