using Akka.Actor;
using Akka.Event;

namespace Akka.Mqtt.Server.Handshake;

/// <summary>To a handshake: the server stops, refuse the client.</summary>
internal sealed class Drain : INoSerializationVerificationNeeded, IDeadLetterSuppression
{
    public static readonly Drain Instance = new();
}
