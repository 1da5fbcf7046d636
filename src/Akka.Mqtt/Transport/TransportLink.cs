using Akka.Actor;

namespace Akka.Mqtt;

/// <summary>
/// An open transport that nobody reads yet. The connection actor makes its actor from <see cref="ConnectionProps"/>, as a child that speaks
/// Akka.IO's <c>Tcp</c> conversation; until then whoever holds the link must <see cref="Dispose"/> it.
/// </summary>
internal abstract record TransportLink(TransportInfo Info) : IDisposable
{
    /// <summary>The actor that owns the transport from now on.</summary>
    public abstract Props ConnectionProps(MqttConnectionSettings settings, IActorRef connection, ReadCredit? credit);

    /// <summary>How reads are bounded that the connection has not taken; null where the transport's actor knows no such thing.</summary>
    public virtual ReadCredit? CreateCredit(MqttConnectionSettings settings) => null;

    /// <summary>Closes a transport that no actor owns.</summary>
    public abstract void Dispose();
}
