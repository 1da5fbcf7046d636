using System.Net;
using Akka.Actor;

namespace Akka.Mqtt;

/// <summary>The listener of a <see cref="MqttStream.Bind"/> source.</summary>
public sealed class MqttServerBinding
{
    private readonly IActorRef _listener;

    internal MqttServerBinding(Mqtt.Bound bound)
    {
        _listener = bound.Listener;
        LocalAddress = bound.LocalAddress;
    }

    /// <summary>The address on which it listens, with the port that the operating system chose.</summary>
    public EndPoint LocalAddress { get; }

    /// <summary>Stops accepting. Accepted connections stay open.</summary>
    /// <returns>Completes when the address is free.</returns>
    public Task UnbindAsync() => _listener.Ask<Mqtt.Unbound>(Mqtt.Unbind.Instance);
}
