using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.ManagedClient;

/// <summary>Packets and outcomes that leave the client together.</summary>
internal sealed class OutputBatch
{
    /// <summary>The packets, in order.</summary>
    public List<MqttPacket> Packets { get; } = [];

    /// <summary>The commands of its messages of QoS 0; null until there was one, so that an idle client has no list.</summary>
    public List<Pending>? Unconfirmed { get; private set; }

    /// <summary>Outcomes that wait for a commit of the queue; null until there was one.</summary>
    public List<(Pending Pending, MqttClient.Outcome Outcome)>? Outcomes { get; private set; }

    /// <summary>The approximate bytes of the packets.</summary>
    public int Bytes { get; private set; }

    /// <summary>Adds a packet.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="bytes">Its approximate bytes.</param>
    public void Add(MqttPacket packet, int bytes)
    {
        Packets.Add(packet);
        Bytes += bytes;
    }

    /// <summary>Adds the command of a message of QoS 0.</summary>
    /// <param name="pending">The command.</param>
    public void AddUnconfirmed(in Pending pending) => (Unconfirmed ??= []).Add(pending);

    /// <summary>Adds an outcome that waits for a commit of the queue.</summary>
    /// <param name="pending">The command.</param>
    /// <param name="outcome">The outcome.</param>
    public void AddOutcome(in Pending pending, MqttClient.Outcome outcome) => (Outcomes ??= []).Add((pending, outcome));

    /// <summary>Removes the packets; outcomes stay.</summary>
    public void ClearPackets()
    {
        Packets.Clear();
        Unconfirmed?.Clear();
        Bytes = 0;
    }

    /// <summary>Moves everything to the end of another batch.</summary>
    /// <param name="other">The other batch.</param>
    public void MoveTo(OutputBatch other)
    {
        other.Packets.AddRange(Packets);
        if (Unconfirmed is not null)
            (other.Unconfirmed ??= []).AddRange(Unconfirmed);
        if (Outcomes is not null)
            (other.Outcomes ??= []).AddRange(Outcomes);
        other.Bytes += Bytes;
        ClearPackets();
        Outcomes?.Clear();
    }

    /// <summary>Takes out the commands of messages of QoS 0.</summary>
    /// <param name="empty">An empty list that replaces them; null for none.</param>
    /// <returns>The commands; null for none.</returns>
    public List<Pending>? TakeUnconfirmed(List<Pending>? empty)
    {
        var taken = Unconfirmed;
        Unconfirmed = empty;
        return taken;
    }
}
