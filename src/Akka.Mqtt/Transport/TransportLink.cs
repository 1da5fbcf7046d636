using Akka.Actor;

namespace Akka.Mqtt.Transport;

/// <summary>
/// An open transport that is not read yet. The connection actor takes it over with <see cref="Open"/>; until then the holder of the link
/// must <see cref="Dispose"/> it.
/// </summary>
internal abstract record TransportLink(TransportInfo Info) : IDisposable, INoSerializationVerificationNeeded
{
    /// <summary>Creates the port for the connection actor of this context. The actor owns the transport from now on.</summary>
    public abstract TransportPort Open(IActorContext connection, MqttConnectionSettings settings);

    /// <summary>Closes a transport that no actor has taken over.</summary>
    public abstract void Dispose();
}
