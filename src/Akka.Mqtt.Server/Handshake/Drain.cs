using Akka.Actor;

namespace Akka.Mqtt.Server.Handshake;

/// <summary>To a handshake: the server stops, refuse the client.</summary>
internal sealed class Drain : INoSerializationVerificationNeeded
{
    public static readonly Drain Instance = new();
}
