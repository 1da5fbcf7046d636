using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Mqtt.Protocol;
using Akka.Serialization;

namespace Akka.Mqtt.Serialization;

/// <summary>
/// Serializes packets, and the commands and events of <see cref="Mqtt"/>, for Akka.Remote and whatever else uses Akka's serialization. Each
/// message is a version byte and its form; docs/remoting.md says what travels. Thread safe: it has no state.
/// </summary>
internal sealed class MqttSerializer : SerializerWithStringManifest
{
    /// <summary>The name in <c>akka.actor.serializers</c>.</summary>
    public const string Name = "akka-mqtt";

    /// <summary>The identifier on the wire. It never changes.</summary>
    public const int Id = 1883;

    /// <summary>The first byte of each message. A reader refuses what a later one wrote.</summary>
    private const byte FormatVersion = 1;

    private const int SmallMessage = 64;

    public MqttSerializer(ExtendedActorSystem system)
        : base(system)
    {
    }

    public override int Identifier => Id;

    /// <summary>
    /// Makes the serializer known to a system. Akka reads the bindings of its configuration when the system starts, before the extension has
    /// added its reference; a system whose own configuration names this serializer keeps its bindings.
    /// </summary>
    public static void Register(ExtendedActorSystem system)
    {
        if (system.Settings.Config.HasPath($"akka.actor.serializers.{Name}"))
            return;
        var serializer = new MqttSerializer(system);
        system.Serialization.AddSerializer(Name, serializer);
        foreach (var type in Types())
            system.Serialization.AddSerializationMap(type, serializer);
    }

    public override string Manifest(object o) =>
        Manifests.Of(o) ?? (o is Mqtt.Attach ? throw CommandForm.CannotAttach() : throw Unknown(o));

    public override byte[] ToBinary(object obj)
    {
        var writer = new WireWriter(system, obj is MqttPacket whole ? PacketForm.Capacity(whole) : SmallMessage);
        writer.Byte(FormatVersion);
        switch (obj)
        {
            case MqttPacket packet:
                PacketForm.Write(writer, packet);
                break;
            case Mqtt.Received received:
                CommandForm.WritePackets(writer, received.Packets);
                break;
            case Mqtt.Write write:
                CommandForm.Write(writer, write);
                break;
            case Mqtt.WriteBatch batch:
                CommandForm.Write(writer, batch);
                break;
            case Mqtt.Connect connect:
                CommandForm.Write(writer, connect);
                break;
            case Mqtt.Bind bind:
                CommandForm.Write(writer, bind);
                break;
            case Mqtt.Register register:
                CommandForm.Write(writer, register);
                break;
            case Mqtt.Request request:
                writer.Int(request.Count);
                break;
            case Mqtt.Connected connected:
                EventForm.Write(writer, connected);
                break;
            case Mqtt.Bound bound:
                EventForm.Write(writer, bound);
                break;
            case Mqtt.CommandFailed failed:
                EventForm.Write(writer, failed, () => new WireWriter(system, SmallMessage));
                break;
            case Mqtt.InvalidPayload invalid:
                PacketForm.Write(writer, invalid.Packet);
                break;
            case Mqtt.InboundClosed closed:
                writer.Bool(closed.PacketsWait);
                break;
            case Mqtt.Closing closing:
                writer.Object(closing.Closed, "Mqtt.Closing.Closed");
                break;
            case Mqtt.ErrorClosed closed:
                EventForm.Write(writer, closed);
                break;
            case TextPublish publish:
                EventForm.Write(writer, publish);
                break;
            case TransportInfo transport:
                TransportForm.Write(writer, transport);
                break;
            case MqttConnectionSettings settings:
                SettingsForm.Write(writer, settings);
                break;
            default:
                _ = Manifest(obj); // throws for what does not travel; the others are their manifest
                break;
        }

        return writer.ToArray();
    }

    public override object FromBinary(byte[] bytes, string manifest)
    {
        var reader = new WireReader(system, bytes);
        var version = reader.Byte();
        if (version != FormatVersion)
            throw new SerializationException($"A message ({manifest}) has format {version} of a later Akka.Mqtt; this one reads {FormatVersion}.");
        return manifest switch
        {
            [Manifests.Packet, ..] => PacketForm.Read(reader)!,
            Manifests.Received => new Mqtt.Received(CommandForm.ReadPackets(reader)),
            Manifests.Write => CommandForm.ReadWrite(reader),
            Manifests.WriteBatch => CommandForm.ReadWriteBatch(reader),
            Manifests.Connect => CommandForm.ReadConnect(reader),
            Manifests.Bind => CommandForm.ReadBind(reader),
            Manifests.Unbind => Mqtt.Unbind.Instance,
            Manifests.StartAccepting => Mqtt.StartAccepting.Instance,
            Manifests.Register => CommandForm.ReadRegister(reader),
            Manifests.Request => new Mqtt.Request(reader.Int()),
            Manifests.SuspendReading => Mqtt.SuspendReading.Instance,
            Manifests.ResumeReading => Mqtt.ResumeReading.Instance,
            Manifests.Close => Mqtt.Close.Instance,
            Manifests.Abort => Mqtt.Abort.Instance,
            Manifests.Connected => EventForm.ReadConnected(reader),
            Manifests.Bound => EventForm.ReadBound(reader),
            Manifests.Unbound => Mqtt.Unbound.Instance,
            Manifests.CommandFailed => EventForm.ReadCommandFailed(reader, rest => new WireReader(system, rest)),
            Manifests.InvalidPayload => new Mqtt.InvalidPayload((Publish)PacketForm.Read(reader)!),
            Manifests.InboundClosed => new Mqtt.InboundClosed(reader.Bool()),
            Manifests.Closing => new Mqtt.Closing((Mqtt.ConnectionClosed)reader.Object()!),
            Manifests.Closed => Mqtt.Closed.Instance,
            Manifests.Aborted => Mqtt.Aborted.Instance,
            Manifests.PeerClosed => Mqtt.PeerClosed.Instance,
            Manifests.ErrorClosed => EventForm.ReadErrorClosed(reader),
            Manifests.TextPublish => EventForm.ReadTextPublish(reader),
            Manifests.Transport => TransportForm.Read(reader),
            Manifests.Settings => SettingsForm.Read(reader),
            _ => throw new SerializationException($"This version of Akka.Mqtt does not know messages of manifest {manifest}."),
        };
    }

    /// <summary>
    /// All types by themselves, not only their bases: Akka keeps the serializer that it found for a type, also if that was before this one was
    /// known.
    /// </summary>
    private static IEnumerable<Type> Types() =>
        typeof(MqttPacket).Assembly.GetTypes().Concat(typeof(Mqtt).Assembly.GetTypes())
            .Where(type => typeof(MqttPacket).IsAssignableFrom(type) || typeof(Mqtt.Message).IsAssignableFrom(type))
            .Append(typeof(TextPublish)).Append(typeof(TransportInfo)).Append(typeof(MqttConnectionSettings));

    private static SerializationException Unknown(object message) =>
        new($"{message.GetType()} does not travel to another node: it belongs to one process.");
}
