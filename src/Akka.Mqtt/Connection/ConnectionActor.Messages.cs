using Akka.Actor;
using Akka.Event;

namespace Akka.Mqtt.Connection;

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

    private sealed class Direct : DirectProps<ConnectionActor>
    {
        private readonly ConnectionStart _start;

        public Direct(ConnectionStart start)
            : base(start.Settings.Dispatcher) => _start = start;

        private Direct(Direct copied)
            : base(copied) => _start = copied._start;

        public override ActorBase Produce() => new ConnectionActor(_start);

        protected override Props Copy() => new Direct(this);
    }
}
