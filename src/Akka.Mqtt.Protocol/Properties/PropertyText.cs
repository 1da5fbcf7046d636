using System.Text;

namespace Akka.Mqtt.Protocol.Properties;

/// <summary>Builds the text of a property set for logs: only properties that are present, with secrets hidden.</summary>
internal sealed class PropertyText
{
    private readonly StringBuilder _text = new("{");

    public PropertyText Add(string name, object? value)
    {
        if (value is not null)
            _text.Append(' ').Append(name).Append('=').Append(value);
        return this;
    }

    public PropertyText Hide(string name, MqttBinary? secret) => Add(name, secret is { } bytes ? $"*** ({bytes.Length} bytes)" : null);

    public PropertyText Add(MqttList<UserProperty> properties)
    {
        foreach (var (name, value) in properties)
            _text.Append(' ').Append(name).Append(": ").Append(value).Append(';');
        return this;
    }

    public override string ToString() => LogText.Escape(_text.Append(" }").ToString(), 4096);
}
