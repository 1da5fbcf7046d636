using Akka.Actor;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Streams;
using Akka.Mqtt.Transport;

namespace Akka.Mqtt.Connection;

/// <summary>The constructor arguments of a connection actor.</summary>
/// <param name="Link">The open transport; the connection disposes it.</param>
/// <param name="Role">Whether this side is the client or the server.</param>
/// <param name="Settings">The settings of the connection.</param>
/// <param name="Commander">The actor that receives <see cref="Mqtt.Connected"/>.</param>
/// <param name="Framing">State that the framing of all connections of the actor system shares.</param>
/// <param name="WatchesCommander">Whether a dialled connection closes when <paramref name="Commander"/> stops before a handler has registered.</param>
internal sealed record ConnectionStart(
    TransportLink Link, MqttRole Role, MqttConnectionSettings Settings, IActorRef Commander, FramingHost Framing, bool WatchesCommander = true);
