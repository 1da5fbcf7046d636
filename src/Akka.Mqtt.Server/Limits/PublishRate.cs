namespace Akka.Mqtt.Server.Limits;

/// <summary>Limits how fast one client may publish, in messages and bytes. No IO; owned by the session.</summary>
internal sealed class PublishRate
{
    private readonly TokenBucket? _messages;
    private readonly TokenBucket? _bytes;

    private PublishRate(MqttServerLimits limits)
    {
        _messages = limits.MaxPublishMessageRate is { } messages ? new TokenBucket(messages, messages) : null;
        _bytes = limits.MaxPublishByteRate is { } bytes ? new TokenBucket(bytes, bytes) : null;
    }

    /// <summary>Milliseconds until the next message is allowed.</summary>
    public long Wait => Math.Max(_messages?.Wait ?? 0, _bytes?.Wait ?? 0);

    /// <summary>The limit of the settings; null for none.</summary>
    public static PublishRate? Of(MqttServerLimits limits) =>
        limits.MaxPublishMessageRate is null && limits.MaxPublishByteRate is null ? null : new PublishRate(limits);

    /// <summary>Whether a message is allowed now. If so, counts it.</summary>
    /// <param name="size">Bytes of topic and payload.</param>
    /// <param name="now">The clock, in milliseconds.</param>
    public bool TryTake(int size, long now)
    {
        if ((_messages is not null && !_messages.HasAny(now)) || (_bytes is not null && !_bytes.HasAny(now)))
            return false;
        _messages?.Take(1);
        _bytes?.Take(size);
        return true;
    }
}
