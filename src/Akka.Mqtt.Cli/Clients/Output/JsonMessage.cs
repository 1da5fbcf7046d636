using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Cli.Clients.Output;

/// <summary>
/// The JSON of <c>%j</c> and <c>%J</c>: members, order, escapes and layout are those of <c>mosquitto_sub</c>. Bytes of a payload that are not UTF-8 are
/// unchanged.
/// </summary>
internal static class JsonMessage
{
    private const int MostDepth = 1000;

    /// <summary>Writes a message.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="message">The message.</param>
    /// <param name="time">When it was received.</param>
    /// <param name="asText">Whether the payload is written as a text. Otherwise it must be JSON itself.</param>
    /// <param name="pretty">Whether there are lines and tabs.</param>
    /// <returns>False when the payload should be JSON and is not. Then nothing is written.</returns>
    public static bool TryWrite(IBufferWriter<byte> output, Publish message, DateTimeOffset time, bool asText, bool pretty)
    {
        if (!asText && !message.Payload.IsEmpty && !IsJson(message.Payload.Span))
            return false;
        var json = new JsonOutput(output, pretty);
        json.BeginObject();
        json.Name("tst"u8);
        json.Text(Encoding.UTF8.GetBytes($"{time.ToString("yyyy-MM-ddTHH:mm:ss.ffffff", CultureInfo.InvariantCulture)}{StrfTime.Zone(time.Offset)}"));
        json.Name("topic"u8);
        json.Text(message.Topic);
        json.Number("qos"u8, (int)message.QoS);
        json.Number("retain"u8, message.Retain ? 1 : 0);
        json.Number("payloadlen"u8, message.Payload.Length);
        if (message.QoS != QualityOfService.AtMostOnce)
            json.Number("mid"u8, message.PacketId);
        if (message.Properties is { } properties && properties != new PublishProperties())
            Write(json, properties);
        json.Name("payload"u8);
        if (message.Payload.IsEmpty)
            json.Literal("null"u8);
        else if (asText)
            json.Text(message.Payload.Span);
        else
            Copy(json, message.Payload.Span);
        json.EndObject();
        return true;
    }

    /// <summary>The order is that of mosquitto's server, as far as our decoder keeps it.</summary>
    private static void Write(JsonOutput json, PublishProperties properties)
    {
        json.Name("properties"u8);
        json.BeginObject();
        foreach (var identifier in properties.SubscriptionIdentifiers)
            json.Number("subscription-identifier"u8, identifier);
        if (properties.PayloadFormatIndicator is { } isText)
            json.Number("payload-format-indicator"u8, isText ? 1 : 0);
        if (properties.ContentType is { } contentType)
            json.Text("content-type"u8, contentType);
        if (properties.ResponseTopic is { } responseTopic)
            json.Text("response-topic"u8, responseTopic);
        if (properties.CorrelationData is { } correlationData)
        {
            json.Name("correlation-data"u8);
            json.Text(correlationData.Span);
        }
        if (properties.TopicAlias is { } topicAlias)
            json.Number("topic-alias"u8, topicAlias);
        if (!properties.UserProperties.IsEmpty)
        {
            json.Name("user-properties"u8);
            json.BeginObject();
            foreach (var (name, value) in properties.UserProperties)
                json.Text(Encoding.UTF8.GetBytes(name), value);
            json.EndObject();
        }
        if (properties.MessageExpiryInterval is { } expiry)
            json.Number("message-expiry-interval"u8, expiry);
        json.EndObject();
    }

    private static bool IsJson(ReadOnlySpan<byte> payload)
    {
        try
        {
            var reader = new Utf8JsonReader(payload, new JsonReaderOptions { MaxDepth = MostDepth });
            while (reader.Read())
            {
                if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName)
                    reader.GetString(); // checks escapes and UTF-8
            }
            return true;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    private static void Copy(JsonOutput json, ReadOnlySpan<byte> payload)
    {
        var reader = new Utf8JsonReader(payload, new JsonReaderOptions { MaxDepth = MostDepth });
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.StartObject:
                    json.BeginObject();
                    break;
                case JsonTokenType.EndObject:
                    json.EndObject();
                    break;
                case JsonTokenType.StartArray:
                    json.BeginArray();
                    break;
                case JsonTokenType.EndArray:
                    json.EndArray();
                    break;
                case JsonTokenType.PropertyName:
                    json.Name(Encoding.UTF8.GetBytes(reader.GetString()!));
                    break;
                case JsonTokenType.String:
                    json.Text(Encoding.UTF8.GetBytes(reader.GetString()!));
                    break;
                case JsonTokenType.Number:
                    json.Literal(Encoding.UTF8.GetBytes(Show(reader.GetDouble())));
                    break;
                case JsonTokenType.True:
                    json.Literal("true"u8);
                    break;
                case JsonTokenType.False:
                    json.Literal("false"u8);
                    break;
                default:
                    json.Literal("null"u8);
                    break;
            }
        }
    }

    /// <summary>A number in the format <c>%1.15g</c> of C, or <c>%1.17g</c> if the first loses digits.</summary>
    private static string Show(double number)
    {
        if (!double.IsFinite(number))
            return "null";
        var text = number.ToString("G15", CultureInfo.InvariantCulture);
        if (double.Parse(text, CultureInfo.InvariantCulture) != number)
            text = number.ToString("G17", CultureInfo.InvariantCulture);
        return text.Replace('E', 'e');
    }
}
