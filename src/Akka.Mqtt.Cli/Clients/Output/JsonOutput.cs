using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace Akka.Mqtt.Cli.Clients.Output;

/// <summary>Writes JSON in the layout of mosquitto's library: without a space, or with lines and tabs. Texts are bytes and need not be UTF-8.</summary>
internal sealed class JsonOutput(IBufferWriter<byte> output, bool pretty)
{
    private static readonly SearchValues<byte> Escaped = SearchValues.Create([.. Enumerable.Range(0, 0x20).Select(each => (byte)each), (byte)'"', (byte)'\\']);

    private readonly Stack<bool> _objects = new(); // what is open: true for an object, false for an array
    private bool _first = true; // the innermost one is empty
    private bool _named; // a name is before the value

    public void BeginObject()
    {
        BeginValue();
        output.Write("{"u8);
        _objects.Push(true);
        _first = true;
    }

    public void EndObject()
    {
        _objects.Pop();
        if (pretty)
            NewLine();
        output.Write("}"u8);
        _first = false;
    }

    public void BeginArray()
    {
        BeginValue();
        output.Write("["u8);
        _objects.Push(false);
        _first = true;
    }

    public void EndArray()
    {
        _objects.Pop();
        output.Write("]"u8);
        _first = false;
    }

    public void Name(ReadOnlySpan<byte> name)
    {
        if (!_first)
            output.Write(","u8);
        if (pretty)
            NewLine();
        Quote(name);
        output.Write(pretty ? ":\t"u8 : ":"u8);
        _named = true;
    }

    public void Number(ReadOnlySpan<byte> name, long value)
    {
        Name(name);
        BeginValue();
        Utf8Formatter.TryFormat(value, output.GetSpan(20), out var count);
        output.Advance(count);
    }

    public void Text(ReadOnlySpan<byte> name, string value)
    {
        Name(name);
        Text(value);
    }

    public void Text(string value) => Text(Encoding.UTF8.GetBytes(value));

    public void Text(ReadOnlySpan<byte> value)
    {
        BeginValue();
        Quote(value);
    }

    public void Literal(ReadOnlySpan<byte> value)
    {
        BeginValue();
        output.Write(value);
    }

    private void BeginValue()
    {
        if (!_named && !_first)
            output.Write(pretty ? ", "u8 : ","u8);
        (_named, _first) = (false, false);
    }

    private void NewLine()
    {
        output.Write("\n"u8);
        for (var i = 0; i < _objects.Count; i++)
            output.Write("\t"u8);
    }

    private void Quote(ReadOnlySpan<byte> text)
    {
        output.Write("\""u8);
        while (text.Length > 0)
        {
            var end = text.IndexOfAny(Escaped);
            if (end < 0)
            {
                output.Write(text);
                break;
            }
            output.Write(text[..end]);
            Escape(text[end]);
            text = text[(end + 1)..];
        }
        output.Write("\""u8);
    }

    private void Escape(byte value)
    {
        switch (value)
        {
            case (byte)'"':
                output.Write("\\\""u8);
                break;
            case (byte)'\\':
                output.Write("\\\\"u8);
                break;
            case (byte)'\b':
                output.Write("\\b"u8);
                break;
            case (byte)'\f':
                output.Write("\\f"u8);
                break;
            case (byte)'\n':
                output.Write("\\n"u8);
                break;
            case (byte)'\r':
                output.Write("\\r"u8);
                break;
            case (byte)'\t':
                output.Write("\\t"u8);
                break;
            default:
                output.Write(Encoding.ASCII.GetBytes($"\\u{value:x4}"));
                break;
        }
    }
}
