using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Serialization;

namespace Akka.Mqtt.Serialization;

/// <summary>
/// The common part of our serializers. Each message is a version byte and its form; a manifest identifies the form. Thread safe, because
/// it has no state.
/// </summary>
internal abstract class FormSerializer : SerializerWithStringManifest
{
    /// <summary>The first byte of each message. A reader refuses messages of later versions.</summary>
    private const byte FormatVersion = 1;

    private const int SmallMessage = 64;

    private readonly string _assembly;

    protected FormSerializer(ExtendedActorSystem system)
        : base(system) => _assembly = GetType().Assembly.GetName().Name!;

    public sealed override byte[] ToBinary(object obj)
    {
        var writer = new WireWriter(system, CapacityOf(obj));
        writer.Byte(FormatVersion);
        Write(writer, obj);
        return writer.ToArray();
    }

    public override object FromBinary(byte[] bytes, string manifest)
    {
        var reader = new WireReader(system, bytes);
        var version = reader.Byte();
        if (version != FormatVersion)
            throw new SerializationException($"A message ({manifest}) has format {version} of a later {_assembly}; this one reads {FormatVersion}.");
        return Read(reader, manifest)
            ?? throw new SerializationException($"This version of {_assembly} does not know messages of manifest {manifest}.");
    }

    /// <summary>
    /// Registers a serializer with an actor system. Akka reads the bindings of its configuration when the system starts, before an
    /// extension has added its reference configuration. A system whose own configuration names the serializer keeps its bindings.
    /// </summary>
    /// <param name="system">The system.</param>
    /// <param name="name">The name in <c>akka.actor.serializers</c>.</param>
    /// <param name="make">Creates the serializer.</param>
    /// <param name="types">The types that it serializes.</param>
    protected static void Register(
        ExtendedActorSystem system, string name, Func<ExtendedActorSystem, FormSerializer> make, IEnumerable<Type> types)
    {
        if (system.Settings.Config.HasPath($"akka.actor.serializers.{name}"))
            return;
        var serializer = make(system);
        system.Serialization.AddSerializer(name, serializer);
        foreach (var type in types)
            system.Serialization.AddSerializationMap(type, serializer);
    }

    /// <summary>The exception for a message that belongs to one process.</summary>
    protected static SerializationException Unknown(object message) =>
        new($"{message.GetType()} cannot be sent to another node: it belongs to one process.");

    /// <summary>A writer of a message within a message.</summary>
    protected WireWriter NewWriter() => new(system, SmallMessage);

    /// <summary>A reader of a message within a message.</summary>
    protected WireReader NewReader(ReadOnlyMemory<byte> bytes) => new(system, bytes);

    /// <summary>The approximate size of a message in bytes.</summary>
    protected virtual int CapacityOf(object message) => SmallMessage;

    /// <summary>Writes the form of a message.</summary>
    protected abstract void Write(WireWriter writer, object message);

    /// <summary>Reads the form that a manifest identifies.</summary>
    /// <returns>The message; null when the manifest is unknown.</returns>
    protected abstract object? Read(WireReader reader, string manifest);
}
