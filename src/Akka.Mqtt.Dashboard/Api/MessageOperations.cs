using System.Text;
using Akka.Configuration;
using Akka.Mqtt.Dashboard.Answers;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Retained;

namespace Akka.Mqtt.Dashboard.Api;

/// <summary>Retained messages, publishing, and reloading the security files.</summary>
internal static class MessageOperations
{
    /// <summary>Most levels on a page.</summary>
    public const int MaxPage = 1000;

    private const int MaxShown = 64 * 1024;

    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    /// <summary>The levels below a topic. It reads all of them, and keeps those of the page.</summary>
    public static RetainedAnswer Below(Call call)
    {
        var (topic, after) = (call.Text("topic"), call.Text("after"));
        var limit = call.Number("limit", 100, 1, MaxPage);
        // The last level of the page is at the top of the heap, so that an earlier level replaces it.
        var page = new PriorityQueue<(string Level, RetainedMessage? Message, bool HasMore), string>(
            Comparer<string>.Create(static (one, other) => string.CompareOrdinal(other, one)));
        var (total, left) = (0, false);
        foreach (var each in call.Server.Context.Retained.Below(topic))
        {
            total++;
            if (after is not null && string.CompareOrdinal(each.Level, after) <= 0)
                continue;
            page.Enqueue(each, each.Level);
            if (page.Count > limit)
            {
                page.Dequeue();
                left = true;
            }
        }
        var rows = page.UnorderedItems.Select(static each => each.Element).OrderBy(static each => each.Level, StringComparer.Ordinal)
            .Select(each => RowOf(topic is null ? each.Level : $"{topic}/{each.Level}", each)).ToList();
        return new RetainedAnswer(rows, total, left ? rows[^1].Level : null);
    }

    public static RetainedMessageAnswer Get(Call call)
    {
        var topic = call.Required("topic");
        if (call.Server.Context.Retained.Get(topic) is not { } found)
            throw new RequestFailure(404, "This topic has no retained message.");
        var packet = found.Message.Packet;
        var shown = packet.Payload.Span[..Math.Min(packet.Payload.Length, MaxShown)];
        return new RetainedMessageAnswer(
            topic, (int)packet.QoS, At(found), found.Publisher, packet.Payload.Length, TextOf(shown), Convert.ToBase64String(shown), packet.Properties?.ContentType);
    }

    public static async Task<object> PublishAsync(Call call)
    {
        var request = await call.BodyAsync<PublishRequest>().ConfigureAwait(false);
        call.Subject = request.Topic;
        if (request is { Text: not null, Base64: not null })
            throw new RequestFailure(400, "text and base64 exclude each other.");
        if (request.Qos is < 0 or > 2)
            throw new RequestFailure(400, "qos is out of range: 0 to 2.");
        return await PublishAsync(call, new Publish(request.Topic, PayloadOf(request)) { QoS = (QualityOfService)request.Qos, Retain = request.Retain }).ConfigureAwait(false);
    }

    public static async Task<object> ClearAsync(Call call)
    {
        var request = await call.BodyAsync<ClearRequest>().ConfigureAwait(false);
        call.Subject = request.Topic;
        if (call.Server.Context.Retained.Get(request.Topic) is null)
            throw new RequestFailure(404, "This topic has no retained message.");
        return await PublishAsync(call, new Publish(request.Topic, MqttBinary.Empty) { Retain = true }).ConfigureAwait(false);
    }

    public static async Task<object> ReloadAsync(Call call)
    {
        try
        {
            await call.Server.ReloadSecurityAsync().ConfigureAwait(false);
            return new DoneAnswer(true);
        }
        catch (ConfigurationException error)
        {
            throw new RequestFailure(409, error.Message); // key, file and line; the old files stay in force
        }
    }

    private static async Task<object> PublishAsync(Call call, Publish packet)
    {
        if (!TopicName.IsValid(packet.Topic))
            throw new RequestFailure(400, "topic is not a topic name.");
        try
        {
            var code = await call.Server.PublishAsync(packet).ConfigureAwait(false);
            return code.IsFailure()
                ? throw new RequestFailure(409, $"The server refused the message: {code} (0x{(byte)code:X2}).")
                : new PublishAnswer(code.ToString(), (byte)code);
        }
        catch (ObjectDisposedException)
        {
            throw new RequestFailure(503, "The server has stopped.");
        }
    }

    private static MqttBinary PayloadOf(PublishRequest request)
    {
        byte[] bytes;
        try
        {
            bytes = request.Base64 is { } base64 ? Convert.FromBase64String(base64) : Strict.GetBytes(request.Text ?? "");
        }
        catch (Exception error) when (error is FormatException or EncoderFallbackException)
        {
            throw new RequestFailure(400, request.Base64 is null ? "text is not valid Unicode." : "base64 is not valid base64.");
        }
        return bytes.Length <= Call.MaxPayload ? MqttBinary.FromBytes(bytes) : throw new RequestFailure(413, $"The payload is larger than {Call.MaxPayload} bytes.");
    }

    private static RetainedRow RowOf(string topic, (string Level, RetainedMessage? Message, bool HasMore) each) => each.Message is { } message
        ? new RetainedRow(each.Level, topic, true, each.HasMore, message.Message.Packet.Payload.Length, (int)message.Message.Packet.QoS, At(message))
        : new RetainedRow(each.Level, topic, false, each.HasMore, 0, 0, null);

    private static DateTimeOffset At(RetainedMessage message) => DateTimeOffset.FromUnixTimeMilliseconds(message.Message.ReceivedAt);

    private static string? TextOf(ReadOnlySpan<byte> payload)
    {
        try
        {
            var text = Strict.GetString(payload);
            return text.Any(static each => char.IsControl(each) && each is not ('\n' or '\r' or '\t')) ? null : text;
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }
}
