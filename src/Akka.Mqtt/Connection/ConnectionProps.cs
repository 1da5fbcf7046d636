using Akka.Actor;

namespace Akka.Mqtt.Connection;

/// <summary>Props of a connection actor.</summary>
internal sealed class ConnectionProps : DirectProps<ConnectionActor>
{
    private readonly ConnectionStart _start;

    public ConnectionProps(ConnectionStart start)
        : base(start.Settings.Dispatcher) => _start = start;

    private ConnectionProps(ConnectionProps copied)
        : base(copied) => _start = copied._start;

    public override ActorBase Produce() => new ConnectionActor(_start);

    protected override Props Copy() => new ConnectionProps(this);
}
