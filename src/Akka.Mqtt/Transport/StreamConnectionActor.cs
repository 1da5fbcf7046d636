using Akka.Actor;

namespace Akka.Mqtt;

/// <summary>
/// Speaks the conversation of Akka.IO's <c>Tcp</c> over any stream, so that everything above it is the same for all transports. A child of the
/// connection actor, which registers the framing island as its handler.
/// </summary>
internal static class StreamConnectionActor
{
    /// <summary>Makes the actor for a stream that is open.</summary>
    public static Props Props(StreamLink link, MqttConnectionSettings settings) => throw new NotImplementedException();
}
