using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.ManagedClient;

/// <summary>Packets and outcomes that leave the client together.</summary>
internal sealed class OutputBatch
{
    /// <summary>The packets, in order.</summary>
    public List<MqttPacket> Packets { get; } = [];

    /// <summary>The commands of its messages of QoS 0.</summary>
    public List<Pending> Unconfirmed { get; private set; } = [];

    /// <summary>Outcomes that wait for a commit of the queue.</summary>
    public List<(Pending Pending, MqttClient.Outcome Outcome)> Outcomes { get; } = [];

    /// <summary>Bytes of the packets, about.</summary>
    public int Bytes { get; private set; }

    /// <summary>Adds a packet.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="bytes">Its bytes, about.</param>
    public void Add(MqttPacket packet, int bytes)
    {
        Packets.Add(packet);
        Bytes += bytes;
    }

    /// <summary>Removes the packets; outcomes stay.</summary>
    public void ClearPackets()
    {
        Packets.Clear();
        Unconfirmed.Clear();
        Bytes = 0;
    }

    /// <summary>Moves everything behind what another batch has.</summary>
    /// <param name="other">The other batch.</param>
    public void MoveTo(OutputBatch other)
    {
        other.Packets.AddRange(Packets);
        other.Unconfirmed.AddRange(Unconfirmed);
        other.Outcomes.AddRange(Outcomes);
        other.Bytes += Bytes;
        ClearPackets();
        Outcomes.Clear();
    }

    /// <summary>Takes out the commands of messages of QoS 0.</summary>
    /// <param name="empty">An empty list to take their place.</param>
    /// <returns>The commands.</returns>
    public List<Pending> TakeUnconfirmed(List<Pending> empty)
    {
        var taken = Unconfirmed;
        Unconfirmed = empty;
        return taken;
    }
}
