using Akka.Mqtt.ManagedClient;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt;

/// <summary>A message of <see cref="MqttSource.AtLeastOnce(MqttClient, string, QualityOfService)"/>, with the means to acknowledge it.</summary>
public sealed class MqttCommittable
{
    private readonly ManagedClient.Delivery _delivery;
    private readonly Facade _facade;
    private int _isSettled;

    internal MqttCommittable(ManagedClient.Delivery delivery, Facade facade)
    {
        _delivery = delivery;
        _facade = facade;
    }

    /// <summary>The message.</summary>
    public Publish Packet => _delivery.Packet;

    internal bool IsSettled => Volatile.Read(ref _isSettled) != 0;

    internal ManagedClient.Delivery Delivery => _delivery;

    /// <summary>
    /// The message is handled: the client acknowledges it, in the order of MQTT. It may be called on any thread, in any order. A second call has no effect,
    /// nor has a call after the end of the stream: then the next stream with a matching filter receives the message again.
    /// </summary>
    public void Commit()
    {
        if (TrySettle())
            _delivery.Acknowledge(_facade);
    }

    internal bool TrySettle() => Interlocked.Exchange(ref _isSettled, 1) == 0;
}
