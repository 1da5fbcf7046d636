namespace Akka.Mqtt.Serialization;

/// <summary>Stands for an exception of another node. It contains its texts, because few exceptions can be serialized.</summary>
/// <param name="typeName">The type on the other node.</param>
/// <param name="message">Its message.</param>
/// <param name="text">Its whole text, including the stack trace.</param>
internal sealed class RemoteCause(string typeName, string message, string text) : Exception(message)
{
    /// <summary>The type on the other node.</summary>
    public string TypeName { get; } = typeName;

    public override string ToString() => text;
}
