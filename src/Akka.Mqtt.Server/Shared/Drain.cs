using Akka.Actor;
using Akka.Event;

namespace Akka.Mqtt.Server.Shared;

/// <summary>
/// The server stops. An acceptor accepts no more connections, a handshake refuses its client, the registry and sessions end their
/// connections.
/// </summary>
internal sealed class Drain : INoSerializationVerificationNeeded, IDeadLetterSuppression
{
    public static readonly Drain Instance = new();
}
