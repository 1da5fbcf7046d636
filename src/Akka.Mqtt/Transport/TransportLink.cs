using Akka.Actor;

namespace Akka.Mqtt.Transport;

/// <summary>
/// An open transport that nobody reads yet. The connection actor takes it over by <see cref="Open"/>; until then whoever holds the link must
/// <see cref="Dispose"/> it.
/// </summary>
internal abstract record TransportLink(TransportInfo Info) : IDisposable, INoSerializationVerificationNeeded
{
    /// <summary>What the connection actor, whose context this is, reads from and writes to; it owns the transport from now on.</summary>
    public abstract TransportPort Open(IActorContext connection, MqttConnectionSettings settings);

    /// <summary>Closes a transport that no actor owns.</summary>
    public abstract void Dispose();
}
