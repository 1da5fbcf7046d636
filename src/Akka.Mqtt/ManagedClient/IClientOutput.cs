using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.ManagedClient;

/// <summary>The output of a <see cref="ClientSession"/>: packets to the server, outcomes to senders, events to the handler.</summary>
internal interface IClientOutput
{
    /// <summary>Whether the connection takes no more messages now; call <see cref="ClientSession.Pump"/> when it does.</summary>
    bool IsFull { get; }

    /// <summary>Sends a packet on the current connection.</summary>
    /// <param name="packet">The packet.</param>
    void Send(MqttPacket packet);

    /// <summary>Sends a message of QoS 0. Its outcome is known when it has been handed to the transport.</summary>
    /// <param name="packet">The message.</param>
    /// <param name="pending">The command.</param>
    void SendUnconfirmed(Publish packet, in Pending pending);

    /// <summary>A command is complete.</summary>
    /// <param name="pending">The command.</param>
    /// <param name="outcome">Its outcome.</param>
    void Complete(in Pending pending, MqttClient.Outcome outcome);

    /// <summary>Delivers a message to the handler.</summary>
    /// <param name="message">The message.</param>
    /// <param name="number">Its number for acknowledging; -1 for QoS 0.</param>
    void Deliver(Publish message, long number);

    /// <summary>Tells the handler of a change.</summary>
    /// <param name="change">The change.</param>
    void Tell(MqttClient.Event change);
}
