using Akka.Actor;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Streams;
using Akka.Mqtt.Transport;

namespace Akka.Mqtt.Connection;

/// <summary>What a connection actor is born with.</summary>
/// <param name="Link">The open transport; the connection owns it from now on.</param>
/// <param name="Role">Our side.</param>
/// <param name="Settings">Its settings.</param>
/// <param name="Commander">Who is told <see cref="Mqtt.Connected"/>.</param>
/// <param name="Framing">What the framing of all connections of the actor system shares.</param>
internal sealed record ConnectionStart(
    TransportLink Link, MqttRole Role, MqttConnectionSettings Settings, IActorRef Commander, FramingHost Framing);
