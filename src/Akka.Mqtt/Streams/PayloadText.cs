using System.Text;
using System.Text.Unicode;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Streams;

/// <summary>
/// Decodes payloads for a handler that registered with a payload encoding. Invalid bytes become an event, not an exception.
/// </summary>
internal sealed class PayloadText
{
    private readonly Encoding _strict;
    private readonly bool _isUtf8;

    public PayloadText(Encoding encoding)
    {
        _isUtf8 = encoding.CodePage == Encoding.UTF8.CodePage;
        _strict = Encoding.GetEncoding(encoding.CodePage, EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback);
    }

    public object Decode(Publish packet)
    {
        var bytes = packet.Payload.Span;
        if (_isUtf8 && !Utf8.IsValid(bytes)) // checked first, so that invalid payloads of a peer do not cause exceptions
            return new Mqtt.InvalidPayload(packet);
        try
        {
            return new TextPublish(packet, _strict.GetString(bytes));
        }
        catch (DecoderFallbackException)
        {
            return new Mqtt.InvalidPayload(packet);
        }
    }
}
