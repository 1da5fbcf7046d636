using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt;

/// <summary>Values as JSON, by System.Text.Json.</summary>
public static class MqttJson
{
    private const string Reflects = "Reads types by reflection. Give the JsonTypeInfo of a source-generated context where code is trimmed.";

    /// <summary>A serializer by generated code: <c>MqttJson.Of(MyContext.Default.Reading)</c>.</summary>
    /// <param name="type">The metadata of the type in the context.</param>
    /// <typeparam name="T">The type.</typeparam>
    /// <returns>The serializer.</returns>
    public static IMqttSerializer<T> Of<T>(JsonTypeInfo<T> type)
    {
        ArgumentNullException.ThrowIfNull(type);
        return new Serializer<T>(type);
    }

    /// <summary>A serializer by reflection.</summary>
    /// <param name="options">Options; null is <see cref="JsonSerializerOptions.Web"/>.</param>
    /// <typeparam name="T">The type.</typeparam>
    /// <returns>The serializer.</returns>
    [RequiresUnreferencedCode(Reflects)]
    [RequiresDynamicCode(Reflects)]
    public static IMqttSerializer<T> Of<T>(JsonSerializerOptions? options = null) =>
        new Serializer<T>((JsonTypeInfo<T>)(options ?? JsonSerializerOptions.Web).GetTypeInfo(typeof(T)));

    private sealed class Serializer<T>(JsonTypeInfo<T> type) : IMqttSerializer<T>
    {
        public string ContentType => "application/json";

        public bool IsText => true;

        public MqttBinary Serialize(T value) => MqttBinary.Wrap(JsonSerializer.SerializeToUtf8Bytes(value, type));

        public T Deserialize(Publish packet) =>
            JsonSerializer.Deserialize(packet.Payload.Span, type) ?? throw new JsonException("the payload is null.");
    }
}
