using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Mqtt.Serialization;
using Akka.Mqtt.Server.Sessions;
using Akka.Serialization;

namespace Akka.Mqtt.Server.Serialization;

/// <summary>
/// Serializes the commands of a server, their answers and its events for Akka.Remote, and what a session has its connection tell back. Each message
/// is a version byte and its form. Thread safe: it has no state.
/// </summary>
internal sealed class MqttServerSerializer : SerializerWithStringManifest
{
    /// <summary>The name in <c>akka.actor.serializers</c>.</summary>
    public const string Name = "akka-mqtt-server";

    /// <summary>The identifier on the wire. It never changes.</summary>
    public const int Id = 1884;

    /// <summary>The first byte of each message. A reader refuses what a later one wrote.</summary>
    private const byte FormatVersion = 1;

    private const int SmallMessage = 64;

    // Manifests: what other nodes know the messages by. One that is used once keeps its meaning for ever.
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

    /// <summary>The types that travel.</summary>
    public static IReadOnlyCollection<Type> Types => Manifests.Keys;

    /// <summary>
    /// Makes the serializer known to a system. A system whose own configuration names it keeps its bindings, and a second call changes nothing.
    /// </summary>
    public static void Register(ExtendedActorSystem system)
    {
        if (system.Settings.Config.HasPath($"akka.actor.serializers.{Name}"))
            return;
        var serializer = new MqttServerSerializer(system);
        system.Serialization.AddSerializer(Name, serializer);
        foreach (var type in Types)
            system.Serialization.AddSerializationMap(type, serializer);
    }

    public override string Manifest(object o) => Manifests.TryGetValue(o.GetType(), out var manifest)
        ? manifest
        : throw new SerializationException($"{o.GetType()} does not travel to another node: it belongs to one process.");

    public override byte[] ToBinary(object obj)
    {
        var writer = new WireWriter(system, SmallMessage);
        writer.Byte(FormatVersion);
        switch (obj)
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
            throw new SerializationException($"A message ({manifest}) has format {version} of a later Akka.Mqtt.Server; this one reads {FormatVersion}.");
        return manifest switch
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
            "EC" => ServerEventForm.ReadConnected(reader),
            "ED" => ServerEventForm.ReadDisconnected(reader),
            "ES" => ServerEventForm.ReadSubscriptionChanged(reader),
            "EM" => ServerEventForm.ReadMessageDropped(reader),
            "SW" => new Written(reader.Long(), reader.Long()),
            "SQ" => new InSequence(reader.Long(), (InSequence.Step)reader.Byte()),
            "SO" => SessionOpened.Instance,
            _ => throw new SerializationException($"This version of Akka.Mqtt.Server does not know messages of manifest {manifest}."),
        };
    }
}
