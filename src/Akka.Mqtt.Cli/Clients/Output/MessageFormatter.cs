using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Cli.Clients.Output;

/// <summary>
/// Writes messages as <c>mosquitto_sub</c> does, byte for byte: payload alone, topic and payload, or a format. Payloads are never decoded. Owned by
/// one thread at a time.
/// </summary>
/// <param name="format">The format; null for payload, or topic and payload.</param>
/// <param name="verbose">Without a format: whether the topic comes before the payload.</param>
/// <param name="endsLine">Whether each message ends with a new line.</param>
/// <param name="pretty">Whether JSON has lines and tabs.</param>
/// <param name="clock">The clock.</param>
/// <param name="warn">Receives warnings about messages that cannot be written.</param>
internal sealed class MessageFormatter(OutputFormat? format, bool verbose, bool endsLine, bool pretty, TimeProvider clock, Action<string> warn)
{
    private readonly ArrayBufferWriter<byte> _output = new();

    /// <summary>The written bytes that were not yet taken.</summary>
    public ReadOnlyMemory<byte> Written => _output.WrittenMemory;

    /// <summary>Empties the buffer, and releases a large one.</summary>
    public void Clear() => _output.ResetWrittenCount();

    /// <summary>Writes a message.</summary>
    public void Write(Publish message)
    {
        if (format is not null)
        {
            WriteFormat(format, message);
            return;
        }
        // mosquitto_sub writes nothing at all for an empty message, and (null) with -v.
        if (message.Payload.IsEmpty && (!verbose || !endsLine))
            return;
        if (verbose)
        {
            WriteText(message.Topic);
            _output.Write(" "u8);
        }
        _output.Write(message.Payload.IsEmpty ? "(null)"u8 : message.Payload.Span);
        if (endsLine)
            _output.Write("\n"u8);
    }

    private void WriteFormat(OutputFormat parts, Publish message)
    {
        DateTimeOffset? now = null;
        foreach (var part in parts.Parts)
        {
            switch (part.Kind)
            {
                case FormatKind.Text:
                    _output.Write(part.Text);
                    break;
                case FormatKind.Time:
                    StrfTime.Write(_output, part.Name, now ??= clock.GetLocalNow());
                    break;
                default:
                    WriteField(part, message, ref now);
                    break;
            }
        }
        if (endsLine)
            _output.Write("\n"u8);
    }

    private void WriteField(in FormatPart part, Publish message, ref DateTimeOffset? now)
    {
        var properties = message.Properties;
        switch (part.Name)
        {
            case 'A':
                WriteNumber(part, properties?.TopicAlias);
                break;
            case 'C':
                WriteText(part, properties?.ContentType ?? "");
                break;
            case 'D':
                _output.Write((properties?.CorrelationData ?? default(MqttBinary)).Span);
                break;
            case 'E':
                WriteNumber(part, properties?.MessageExpiryInterval);
                break;
            case 'F':
                WriteNumber(part, properties?.PayloadFormatIndicator is { } isText ? (isText ? 1 : 0) : null);
                break;
            case 'I':
                now ??= clock.GetLocalNow();
                WriteText(part, $"{now.Value.ToString("yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture)}{StrfTime.Zone(now.Value.Offset)}");
                break;
            case 'j':
            case 'J':
                if (!JsonMessage.TryWrite(_output, message, now ??= clock.GetLocalNow(), part.Name == 'j', pretty))
                    warn($"the payload of a message is not valid JSON: topic {LogText.Escape(message.Topic)}. %j writes payloads of any kind.");
                break;
            case 'l':
                WriteNumber(part, message.Payload.Length);
                break;
            case 'm':
                WriteNumber(part, message.PacketId);
                break;
            case 'P':
                WriteUserProperties(properties);
                break;
            case 'p':
                WritePayload(part, message.Payload.Span);
                break;
            case 'q':
                WriteNumber((int)message.QoS);
                break;
            case 'R':
                if (properties?.ResponseTopic is { } responseTopic)
                    WriteText(part, responseTopic);
                break;
            case 'r':
                WriteNumber(message.Retain ? 1 : 0);
                break;
            case 'S':
                WriteNumber(part, properties is { SubscriptionIdentifiers: { IsEmpty: false } identifiers } ? identifiers[0] : null);
                break;
            case 't':
                WriteText(part, message.Topic);
                break;
            case 'U':
                now ??= clock.GetLocalNow();
                WriteText($"{now.Value.ToUnixTimeSeconds()}.{StrfTime.Nanoseconds(now.Value)}");
                break;
            case 'x':
            case 'X':
                WriteHex(part, message.Payload.Span, part.Name == 'X');
                break;
        }
    }

    private void WriteUserProperties(PublishProperties? properties)
    {
        if (properties is null)
            return;
        var separator = "";
        foreach (var (name, value) in properties.UserProperties)
        {
            WriteText($"{separator}{name}:{value}");
            separator = " ";
        }
    }

    private void WriteNumber(in FormatPart part, long? number)
    {
        if (number is not { } known)
        {
            Pad(part.Pad, part.Width);
            return;
        }
        Span<byte> digits = stackalloc byte[20];
        Utf8Formatter.TryFormat(known, digits, out var count);
        var missing = part.Width - count;
        if (!part.AlignsLeft)
            Pad(part.Pad, missing);
        _output.Write(digits[..count]);
        if (part.AlignsLeft)
            Pad((byte)' ', missing);
    }

    private void WriteNumber(int number)
    {
        Utf8Formatter.TryFormat(number, _output.GetSpan(11), out var count);
        _output.Advance(count);
    }

    private void WriteText(in FormatPart part, string text)
    {
        if (part is { Width: 0, Precision: < 0 })
        {
            WriteText(text);
            return;
        }
        ReadOnlySpan<byte> bytes = Encoding.UTF8.GetBytes(text);
        if (part.Precision >= 0 && part.Precision < bytes.Length)
            bytes = bytes[..part.Precision];
        Aligned(part, bytes, (byte)' ');
    }

    /// <summary>A width also limits the bytes of a payload.</summary>
    private void WritePayload(in FormatPart part, ReadOnlySpan<byte> payload) =>
        Aligned(part, part.Width > 0 && payload.Length > part.Width ? payload[..part.Width] : payload, part.Pad);

    private void WriteHex(in FormatPart part, ReadOnlySpan<byte> payload, bool upper)
    {
        if (part.Width > 0)
            payload = payload[..(Math.Min(payload.Length, part.Width) / 2)]; // as mosquitto_sub counts
        var missing = part.Width - (payload.Length * 2);
        if (!part.AlignsLeft)
            Pad(part.Pad, missing);
        while (payload.Length > 0)
        {
            var piece = payload[..Math.Min(payload.Length, 4096)];
            var text = upper ? Convert.ToHexString(piece) : Convert.ToHexStringLower(piece);
            WriteText(text);
            payload = payload[piece.Length..];
        }
        if (part.AlignsLeft)
            Pad((byte)' ', missing);
    }

    private void Aligned(in FormatPart part, ReadOnlySpan<byte> bytes, byte pad)
    {
        var missing = part.Width - bytes.Length;
        if (!part.AlignsLeft)
            Pad(pad, missing);
        _output.Write(bytes);
        if (part.AlignsLeft)
            Pad((byte)' ', missing);
    }

    private void Pad(byte pad, int count)
    {
        if (count <= 0)
            return;
        _output.GetSpan(count)[..count].Fill(pad);
        _output.Advance(count);
    }

    private void WriteText(string text) => Encoding.UTF8.GetBytes(text, _output);
}
