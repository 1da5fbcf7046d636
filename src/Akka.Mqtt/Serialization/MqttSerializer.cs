using Akka.Actor;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Serialization;

/// <summary>
/// Serializes packets, and the commands and events of <see cref="Mqtt"/>, for Akka.Remote and other users of Akka's serialization.
/// docs/remoting.md lists what can be sent.
/// </summary>
internal sealed class MqttSerializer : FormSerializer
{
    /// <summary>The name in <c>akka.actor.serializers</c>.</summary>
    public const string Name = "akka-mqtt";

    /// <summary>The identifier on the wire. It never changes.</summary>
    public const int Id = 1883;

    public MqttSerializer(ExtendedActorSystem system)
        : base(system)
    {
    }

    public override int Identifier => Id;

    /// <summary>Registers the serializer with an actor system.</summary>
    public static void Register(ExtendedActorSystem system) => Register(system, Name, static owner => new MqttSerializer(owner), Types());

    public override string Manifest(object o) =>
        Manifests.Of(o) ?? (o is Mqtt.Attach ? throw CommandForm.CannotAttach() : throw Unknown(o));

    protected override int CapacityOf(object message) => message is MqttPacket packet ? PacketForm.Capacity(packet) : base.CapacityOf(message);

    protected override void Write(WireWriter writer, object message)
    {
        switch (message)
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
                EventForm.Write(writer, failed, NewWriter);
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
            case Mqtt.ConnectionClosed closed:
                EventForm.WriteUndelivered(writer, closed);
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
                _ = Manifest(message); // throws for other types; these messages consist of their manifest only
                break;
        }
    }

    protected override object? Read(WireReader reader, string manifest) => manifest switch
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
        Manifests.CommandFailed => EventForm.ReadCommandFailed(reader, NewReader),
        Manifests.InvalidPayload => new Mqtt.InvalidPayload((Publish)PacketForm.Read(reader)!),
        Manifests.InboundClosed => new Mqtt.InboundClosed(reader.Bool()),
        Manifests.Closing => new Mqtt.Closing((Mqtt.ConnectionClosed)reader.Object()!),
        Manifests.Closed => EventForm.ReadUndelivered(reader, Mqtt.Closed.Instance),
        Manifests.Aborted => EventForm.ReadUndelivered(reader, Mqtt.Aborted.Instance),
        Manifests.PeerClosed => EventForm.ReadUndelivered(reader, Mqtt.PeerClosed.Instance),
        Manifests.ErrorClosed => EventForm.ReadUndelivered(reader, EventForm.ReadErrorClosed(reader)),
        Manifests.TextPublish => EventForm.ReadTextPublish(reader),
        Manifests.Transport => TransportForm.Read(reader),
        Manifests.Settings => SettingsForm.Read(reader),
        _ => null,
    };

    /// <summary>
    /// All types themselves, not only their base types: Akka caches the serializer of a type, even when it looked it up before this
    /// serializer was registered.
    /// </summary>
    private static IEnumerable<Type> Types() =>
        typeof(MqttPacket).Assembly.GetTypes().Concat(typeof(Mqtt).Assembly.GetTypes())
            .Where(type => typeof(MqttPacket).IsAssignableFrom(type) || typeof(Mqtt.Message).IsAssignableFrom(type))
            .Append(typeof(TextPublish)).Append(typeof(TransportInfo)).Append(typeof(MqttConnectionSettings));
}
