using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Core;

namespace Akka.Mqtt.Server.Tests;

/// <summary>A connection that keeps what it is sent.</summary>
internal sealed class Outlet : IOutlet
{
    public List<MqttPacket> Sent { get; } = [];

    /// <summary>Packets that it takes before it is full.</summary>
    public int Room { get; set; } = int.MaxValue;

    /// <summary>What the client takes; a message with a larger payload is not sent.</summary>
    public int LargestPayload { get; set; } = int.MaxValue;

    public int Refused { get; private set; }

    public bool IsFull => Sent.Count >= Room;

    public IEnumerable<Publish> Messages => Sent.OfType<Publish>();

    public Publish? Shape(Publish message)
    {
        if (message.Payload.Length <= LargestPayload)
            return message;
        Refused++;
        return null;
    }

    public void Send(Publish packet) => Sent.Add(packet);

    public void Send(PubRel packet) => Sent.Add(packet);
}
