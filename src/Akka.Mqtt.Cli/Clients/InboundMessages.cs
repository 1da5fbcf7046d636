using System.Collections;
using Akka.Mqtt.Cli.Bench;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Cli.Clients;

/// <summary>The receiver's side of QoS 1 and 2: which messages are new, and which answers to send. Owned by one actor.</summary>
internal sealed class InboundMessages
{
    private readonly BitArray _received = new(ushort.MaxValue + 1); // QoS 2: PUBREC is sent, PUBREL has not arrived

    /// <summary>The answers to send when the messages have been written.</summary>
    public List<MqttPacket> Answers { get; } = [];

    /// <summary>A connection begins.</summary>
    /// <param name="sessionPresent">Whether the server resumes the session.</param>
    public void Begin(bool sessionPresent)
    {
        if (!sessionPresent)
            _received.SetAll(false);
    }

    /// <summary>Whether the message is new. A repeated one of QoS 2 is not [MQTT-4.3.3-10 v5].</summary>
    public bool IsNew(Publish message) => message.QoS != QualityOfService.ExactlyOnce || !_received[message.PacketId];

    /// <summary>The message has been taken: it is acknowledged after the messages of its chunk have been written.</summary>
    public void Accept(Publish message)
    {
        if (message.QoS == QualityOfService.AtLeastOnce)
        {
            Answers.Add(Replies.PubAck(message.PacketId)); // [MQTT-4.3.2-4 v5]
        }
        else if (message.QoS == QualityOfService.ExactlyOnce)
        {
            _received[message.PacketId] = true;
            Answers.Add(Replies.PubRec(message.PacketId)); // [MQTT-4.3.3-8 v5]
        }
    }

    /// <summary>A PUBREL arrived.</summary>
    public void Release(PubRel release)
    {
        _received[release.PacketId] = false;
        Answers.Add(Replies.PubComp(release.PacketId)); // [MQTT-4.3.3-11 v5]
    }
}
