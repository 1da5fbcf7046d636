namespace Akka.Mqtt.Protocol.Codec;

/// <summary>The texts of PUBLISH packets that a decoder caches, because a connection repeats them. Owned by one decoder.</summary>
internal sealed class PublishTexts
{
    /// <summary>Topic names, and response topics.</summary>
    public TextCache Topics { get; } = TextCache.OfTopics();

    /// <summary>Content types, and names and values of user properties. Created when the first one arrives.</summary>
    public TextCache Others => field ??= TextCache.OfTexts();
}
