using System.Runtime.Serialization;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Serialization;

namespace Akka.Mqtt.Server.Serialization;

/// <summary>The wire form of the events of a server, for an actor that forwards them to another node.</summary>
internal static class ServerEventForm
{
    public static void Write(WireWriter to, MqttServerEvent happened)
    {
        to.Ref(happened.Admin);
        switch (happened)
        {
            case ClientConnected connected:
                to.Text(connected.ClientId);
                AdminForm.WriteConnection(to, connected.Connection);
                break;
            case ClientDisconnected disconnected:
                to.Text(disconnected.ClientId);
                to.Byte((byte)disconnected.Reason);
                to.Text(disconnected.Message);
                break;
            case SubscriptionChanged changed:
                to.Text(changed.ClientId);
                AdminForm.WriteSubscriptions(to, changed.Added);
                to.Texts(changed.Removed);
                break;
            case MessageDropped dropped:
                to.Int((int)dropped.Reason);
                to.Long(dropped.Count);
                break;
            default:
                throw new SerializationException($"{happened.GetType()} cannot be sent to another node.");
        }
    }

    public static ClientConnected ReadConnected(WireReader from) => new(from.Ref(), from.Text(), AdminForm.ReadConnection(from)!);

    public static ClientDisconnected ReadDisconnected(WireReader from) => new(from.Ref(), from.Text(), (ReasonCode)from.Byte(), from.Text());

    public static SubscriptionChanged ReadSubscriptionChanged(WireReader from) =>
        new(from.Ref(), from.Text(), AdminForm.ReadSubscriptions(from), from.Texts());

    public static MessageDropped ReadMessageDropped(WireReader from) => new(from.Ref(), (DropReason)from.Int(), from.Long());
}
