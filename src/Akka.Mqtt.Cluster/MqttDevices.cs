using Akka.Actor;
using Akka.Configuration;
using Akka.Mqtt.Cluster.Devices;
using Akka.Mqtt.Cluster.Serialization;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server;
using Akka.Mqtt.Server.Shared;

namespace Akka.Mqtt.Cluster;

/// <summary>
/// The MQTT clients of the whole cluster as addresses: any node of the cluster sends a message to a client identifier, asks it a question, or ends its
/// connection, wherever it is connected. Also on nodes without an MQTT server, if <c>akka.mqtt.cluster.role</c> says which nodes have one. Thread safe.
/// <code>
/// var devices = MqttDevices.Get(system);
/// var answer = await devices.RequestAsync("lamp-7", new Publish("lamp/state", "?"));
/// Console.WriteLine(answer is MqttDevices.Reply reply ? reply.Packet.Payload.ToText() : $"{answer}");
/// </code>
/// </summary>
public sealed partial class MqttDevices : IExtension
{
    private readonly TimeSpan _patience;

    private MqttDevices(ExtendedActorSystem system)
    {
        MqttCluster.PrepareSystem(system);
        var settings = MqttClusterSettings.Create(system);
        _patience = settings.DeviceTimeout;
        system.SystemActorOf(UnreadableLog.Props(), "mqtt-cluster-unreadable");
        Actor = system.SystemActorOf(DevicesActor.PropsFor(settings), DevicesActor.Name);
    }

    /// <summary>
    /// Takes each <see cref="Command"/>, also from other nodes, and answers the sender with an <see cref="Answer"/>; takes <see cref="Subscribe"/> and
    /// <see cref="Unsubscribe"/>.
    /// </summary>
    public IActorRef Actor { get; }

    /// <summary>The devices, as this actor system reaches them.</summary>
    /// <param name="system">A node of the cluster.</param>
    /// <returns>The same object for each call.</returns>
    /// <exception cref="MqttServerException">The actor system cannot be a node of a cluster; the message says what to set.</exception>
    /// <exception cref="ConfigurationException">A value of <c>akka.mqtt.cluster</c> is missing or out of its range.</exception>
    public static MqttDevices Get(ActorSystem system)
    {
        ArgumentNullException.ThrowIfNull(system);
        return system.WithExtension<MqttDevices, Provider>();
    }

    /// <summary>Sends a message to one client. See <see cref="Send"/>.</summary>
    /// <param name="clientId">The client.</param>
    /// <param name="packet">The message.</param>
    /// <param name="cancellationToken">Gives up waiting; the message may be sent all the same.</param>
    /// <returns><see cref="Reached"/>, or why not.</returns>
    public Task<Answer> SendAsync(string clientId, Publish packet, CancellationToken cancellationToken = default) =>
        AskAsync(new Send(clientId, packet), _patience, cancellationToken);

    /// <summary>Asks one client a question. See <see cref="Request"/>.</summary>
    /// <param name="clientId">The client.</param>
    /// <param name="packet">The question.</param>
    /// <param name="timeout">How long the client may take; more than 0. Null: 10 s.</param>
    /// <param name="cancellationToken">Gives up waiting; the question may be asked all the same.</param>
    /// <returns><see cref="Reply"/>, or why there is none.</returns>
    public Task<Answer> RequestAsync(string clientId, Publish packet, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        var request = new Request(clientId, packet);
        if (timeout is { } time)
            request = request with { Timeout = time };
        return AskAsync(request, request.Timeout + _patience, cancellationToken);
    }

    /// <summary>Ends the connection of one client. See <see cref="Disconnect"/>.</summary>
    /// <param name="clientId">The client.</param>
    /// <param name="cancellationToken">Gives up waiting; the connection may be ended all the same.</param>
    /// <returns><see cref="Reached"/>, or why not.</returns>
    public Task<Answer> DisconnectAsync(string clientId, CancellationToken cancellationToken = default) =>
        AskAsync(new Disconnect(clientId), _patience, cancellationToken);

    /// <summary>Lists sessions of all nodes. See <see cref="GetClients"/>.</summary>
    /// <param name="command">Which ones.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns><see cref="ClientPage"/>, or <see cref="Refused"/> when too many calls wait.</returns>
    public Task<Answer> GetClientsAsync(GetClients command, CancellationToken cancellationToken = default) => AskAsync(command, _patience, cancellationToken);

    /// <summary>A server of this node has started.</summary>
    internal void Serve(ServerContext context, MqttClusterSettings settings)
    {
        Actor.Tell(new DevicesActor.Serve(context, settings), ActorRefs.NoSender);
        context.Stopped.Token.Register(() => Actor.Tell(new DevicesActor.Served(context), ActorRefs.NoSender));
    }

    private Task<Answer> AskAsync(Command command, TimeSpan patience, CancellationToken cancellationToken) =>
        Actor.Ask<Answer>(command, patience + TimeSpan.FromSeconds(5), cancellationToken); // the actor answers before that

    private sealed class Provider : ExtensionIdProvider<MqttDevices>
    {
        public override MqttDevices CreateExtension(ExtendedActorSystem system) => new(system);
    }
}
