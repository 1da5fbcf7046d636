using Akka.Actor;
using Akka.Mqtt.Serialization;
using Akka.Mqtt.Server.Sessions;

namespace Akka.Mqtt.Server.Serialization;

/// <summary>
/// Serializes the commands of a server, their answers and its events for Akka.Remote, and the acknowledgements that a session receives
/// from its connection.
/// </summary>
internal sealed class MqttServerSerializer : FormSerializer
{
    /// <summary>The name in <c>akka.actor.serializers</c>.</summary>
    public const string Name = "akka-mqtt-server";

    /// <summary>The identifier on the wire. It never changes.</summary>
    public const int Id = 1884;

    // Manifests identify messages for other nodes. A manifest keeps its meaning for ever.
    private static readonly Dictionary<Type, string> Manifests = new()
    {
        [typeof(MqttServer.GetClients)] = "AG",
        [typeof(MqttServer.ClientList)] = "AL",
        [typeof(MqttServer.InspectClient)] = "AI",
        [typeof(ClientState)] = "AS",
        [typeof(MqttServer.DisconnectClient)] = "AD",
        [typeof(MqttServer.ClientDisconnecting)] = "AE",
        [typeof(MqttServer.ClientNotFound)] = "AN",
        [typeof(MqttServer.Messages)] = "AM",
        [typeof(ReloadSecurity)] = "AR",
        [typeof(SecurityReloaded)] = "AA",
        [typeof(SecurityNotReloaded)] = "AF",
        [typeof(ClientConnected)] = "EC",
        [typeof(ClientDisconnected)] = "ED",
        [typeof(SubscriptionChanged)] = "ES",
        [typeof(MessageDropped)] = "EM",
        [typeof(Written)] = "SW",
        [typeof(InSequence)] = "SQ",
        [typeof(SessionOpened)] = "SO",
    };

    public MqttServerSerializer(ExtendedActorSystem system)
        : base(system)
    {
    }

    public override int Identifier => Id;

    /// <summary>The types that can be sent to other nodes.</summary>
    public static IReadOnlyCollection<Type> Types => Manifests.Keys;

    /// <summary>Registers the serializer with an actor system; a second call changes nothing.</summary>
    public static void Register(ExtendedActorSystem system) => Register(system, Name, static owner => new MqttServerSerializer(owner), Types);

    public override string Manifest(object o) => Manifests.TryGetValue(o.GetType(), out var manifest) ? manifest : throw Unknown(o);

    protected override void Write(WireWriter writer, object message)
    {
        switch (message)
        {
            case MqttServer.GetClients get:
                AdminForm.Write(writer, get);
                break;
            case MqttServer.ClientList list:
                AdminForm.Write(writer, list);
                break;
            case MqttServer.InspectClient inspect:
                writer.Text(inspect.ClientId);
                break;
            case ClientState state:
                AdminForm.Write(writer, state);
                break;
            case MqttServer.DisconnectClient disconnect:
                AdminForm.Write(writer, disconnect);
                break;
            case MqttServer.ClientDisconnecting disconnecting:
                writer.Text(disconnecting.ClientId);
                writer.Bool(disconnecting.WasConnected);
                break;
            case MqttServer.ClientNotFound notFound:
                writer.Text(notFound.ClientId);
                break;
            case MqttServer.Messages messages:
                AdminForm.Write(writer, messages);
                break;
            case SecurityNotReloaded failed:
                writer.Text(failed.Message);
                CauseForm.Write(writer, failed.Cause);
                break;
            case MqttServerEvent happened:
                ServerEventForm.Write(writer, happened);
                break;
            case Written written:
                writer.Long(written.Link);
                writer.Long(written.Size);
                break;
            case InSequence step:
                writer.Long(step.Link);
                writer.Byte((byte)step.What);
                break;
            default:
                _ = Manifest(message); // throws for other types; these messages consist of their manifest only
                break;
        }
    }

    protected override object? Read(WireReader reader, string manifest) => manifest switch
    {
        "AG" => AdminForm.ReadGetClients(reader),
        "AL" => AdminForm.ReadClientList(reader),
        "AI" => new MqttServer.InspectClient(reader.Text()),
        "AS" => AdminForm.ReadClientState(reader),
        "AD" => AdminForm.ReadDisconnectClient(reader),
        "AE" => new MqttServer.ClientDisconnecting(reader.Text(), reader.Bool()),
        "AN" => new MqttServer.ClientNotFound(reader.Text()),
        "AM" => AdminForm.ReadMessages(reader),
        "AR" => ReloadSecurity.Instance,
        "AA" => SecurityReloaded.Instance,
        "AF" => new SecurityNotReloaded(reader.Text()) { Cause = CauseForm.Read(reader) },
        "EC" => ServerEventForm.ReadConnected(reader),
        "ED" => ServerEventForm.ReadDisconnected(reader),
        "ES" => ServerEventForm.ReadSubscriptionChanged(reader),
        "EM" => ServerEventForm.ReadMessageDropped(reader),
        "SW" => new Written(reader.Long(), reader.Long()),
        "SQ" => new InSequence(reader.Long(), (InSequence.Step)reader.Byte()),
        "SO" => SessionOpened.Instance,
        _ => null,
    };
}
