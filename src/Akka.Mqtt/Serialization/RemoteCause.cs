namespace Akka.Mqtt.Serialization;

/// <summary>The exception of another node: its texts, because few exceptions can be serialized.</summary>
/// <param name="typeName">The type that it had there.</param>
/// <param name="message">Its message.</param>
/// <param name="text">Its whole text, stack trace included.</param>
internal sealed class RemoteCause(string typeName, string message, string text) : Exception(message)
{
    /// <summary>The type that it had there.</summary>
    public string TypeName { get; } = typeName;

    public override string ToString() => text;
}
