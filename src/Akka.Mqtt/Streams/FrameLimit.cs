using Akka.Actor;
using Akka.Configuration;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Streams;

/// <summary>
/// The highest number of bytes in one message to a handler. Remoting drops a message that is larger than <c>maximum-frame-size</c>. So a
/// batch for a handler on another node is sent in parts, and a packet that does not fit is refused like one above <c>max-packet-size</c>.
/// </summary>
internal static class FrameLimit
{
    /// <summary>For a handler in this process.</summary>
    public const int None = int.MaxValue;

    /// <summary>Bytes for the paths of both actors and for what remoting adds to a message.</summary>
    private const int Envelope = 2048;

    /// <summary>Bytes that serialization adds to a packet.</summary>
    private const int PerPacket = 12;

    /// <summary>Bytes of packets in one message to a handler.</summary>
    /// <param name="handler">The handler.</param>
    /// <returns>At least 1 KiB; <see cref="None"/> for a handler in this process.</returns>
    public static int Of(IActorRef handler) =>
        handler.Path.Address.HasGlobalScope && handler is IInternalActorRef remote ? Read(remote.Provider.Settings.Config) : None;

    /// <summary>The largest packet that can be delivered by a registration.</summary>
    /// <param name="register">The registration.</param>
    /// <param name="maxPacketSize">The largest packet that the settings allow.</param>
    /// <returns>The size in bytes.</returns>
    public static int Cap(Mqtt.Register register, int maxPacketSize)
    {
        var limit = Of(register.Handler);
        if (limit == None)
            return maxPacketSize;
        return Math.Min(maxPacketSize, register.PayloadEncoding is null ? limit - PerPacket : limit / 4); // room for the payload and for its text in UTF-8
    }

    /// <summary>How many packets fit in one message.</summary>
    /// <param name="packets">The packets, at least one.</param>
    /// <param name="limit">The limit of the message in bytes.</param>
    /// <returns>At least 1.</returns>
    public static int Count(ReadOnlySpan<MqttPacket> packets, int limit)
    {
        long weight = 0;
        for (var count = 0; count < packets.Length; count++)
        {
            weight += PerPacket + (packets[count].Header?.RemainingLength ?? 0);
            if (weight > limit && count > 0)
                return count;
        }

        return packets.Length;
    }

    private static int Read(Config config)
    {
        long limit = None;
        foreach (var transport in config.GetStringList("akka.remote.enabled-transports"))
            limit = Math.Min(limit, config.GetByteSize($"{transport}.maximum-frame-size", long.MaxValue) ?? long.MaxValue);
        return limit == None ? None : (int)Math.Max(limit - Envelope, 1024);
    }
}
