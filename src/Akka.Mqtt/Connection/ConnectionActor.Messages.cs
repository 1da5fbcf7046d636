using Akka.Actor;
using Akka.Event;

namespace Akka.Mqtt;

internal sealed partial class ConnectionActor
{
    /// <summary>A deadline has passed.</summary>
    private enum PhaseTimeout
    {
        Register,
        Connect,
        KeepAlive,
        Close,
        Write,
    }

    /// <summary>Our bug, or Akka.IO's: the transport actor threw.</summary>
    private sealed record TransportFailed(Exception Cause) : IDeadLetterSuppression;

    /// <summary>Makes the actor without reflection: it is made for every connection.</summary>
    private sealed class Producer(ConnectionStart start) : IIndirectActorProducer
    {
        public Type ActorType => typeof(ConnectionActor);

        public ActorBase Produce() => new ConnectionActor(start);

        public void Release(ActorBase actor)
        {
        }
    }

    private sealed class HandlerEnded : IDeadLetterSuppression
    {
        public static readonly HandlerEnded Instance = new();
    }
}
