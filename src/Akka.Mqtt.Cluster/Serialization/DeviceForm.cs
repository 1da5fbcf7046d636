using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Cluster;
using Akka.Mqtt.Cluster.Devices;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Serialization;
using Akka.Mqtt.Server;
using Akka.Mqtt.Server.Serialization;

namespace Akka.Mqtt.Cluster.Serialization;

/// <summary>
/// The format of the messages between device actors, and of those of users on other nodes. A byte identifies the command, answer or event.
/// These bytes never change their meaning.
/// </summary>
internal static class DeviceForm
{
    public static void Write(WireWriter writer, DeviceMessage message)
    {
        switch (message)
        {
            case DeviceSought sought:
                writer.Long(sought.Call);
                writer.Text(sought.ClientId);
                break;
            case DeviceFound found:
                writer.Long(found.Call);
                writer.Byte((byte)found.Presence);
                break;
            case DeviceCall call:
                writer.Long(call.Call);
                Write(writer, call.Command);
                break;
            case DeviceResult result:
                writer.Long(result.Call);
                Write(writer, result.Answer);
                break;
            case EventsWanted wanted:
                writer.Long(wanted.Stream);
                writer.Long(wanted.Taken);
                writer.Bool(wanted.IsWanted);
                break;
            case DeviceEvents events:
                writer.Long(events.Stream);
                writer.Long(events.First);
                writer.UInt((uint)events.Events.Length);
                foreach (var each in events.Events)
                    Write(writer, each);
                break;
        }
    }

    public static DeviceMessage? Read(WireReader reader, string manifest, UniqueAddress from) => manifest switch
    {
        "VS" => new DeviceSought(from, reader.Long(), Required(reader)),
        "VF" => new DeviceFound(from, reader.Long(), (DevicePresence)reader.Byte()),
        "VC" => new DeviceCall(from, reader.Long(), ReadCommand(reader)),
        "VR" => new DeviceResult(from, reader.Long(), ReadAnswer(reader)),
        "VW" => new EventsWanted(from, reader.Long(), reader.Long(), reader.Bool()),
        "VE" => new DeviceEvents(from, reader.Long(), reader.Long(), Events(reader)),
        _ => null,
    };

    public static void Write(WireWriter writer, MqttDevices.Command command)
    {
        switch (command)
        {
            case MqttDevices.Send send:
                writer.Byte(1);
                writer.Text(send.ClientId);
                PacketForm.Write(writer, send.Packet);
                break;
            case MqttDevices.Request request:
                writer.Byte(2);
                writer.Text(request.ClientId);
                writer.Time(request.Timeout);
                PacketForm.Write(writer, request.Packet);
                break;
            case MqttDevices.Disconnect disconnect:
                writer.Byte(3);
                writer.Text(disconnect.ClientId);
                writer.Byte((byte)disconnect.Reason);
                writer.Bool(disconnect.EndSession);
                break;
            case MqttDevices.GetClients get:
                writer.Byte(4);
                writer.Bool(get.ConnectedOnly);
                writer.Text(get.After);
                writer.Int(get.Limit);
                if (get.Search.Length > 0) // earlier versions read no further
                    writer.Text(get.Search);
                break;
        }
    }

    public static MqttDevices.Command ReadCommand(WireReader reader)
    {
        switch (reader.Byte())
        {
            case 1:
                return new MqttDevices.Send(Required(reader), Packet(reader));
            case 2:
                var (clientId, timeout) = (Required(reader), reader.Time());
                return new MqttDevices.Request(clientId, Packet(reader)) { Timeout = timeout };
            case 3:
                return new MqttDevices.Disconnect(Required(reader)) { Reason = (ReasonCode)reader.Byte(), EndSession = reader.Bool() };
            case 4:
                return new MqttDevices.GetClients { ConnectedOnly = reader.Bool(), After = Required(reader), Limit = reader.Int(), Search = reader.IsAtEnd ? "" : Required(reader) };
            case var other:
                throw Unknown("command", other);
        }
    }

    public static void Write(WireWriter writer, MqttDevices.Answer answer)
    {
        switch (answer)
        {
            case MqttDevices.Reached reached:
                writer.Byte(1);
                writer.Text(reached.ClientId);
                break;
            case MqttDevices.Reply reply:
                writer.Byte(2);
                writer.Text(reply.ClientId);
                PacketForm.Write(writer, reply.Packet);
                break;
            case MqttDevices.NoReply noReply:
                writer.Byte(3);
                writer.Text(noReply.ClientId);
                break;
            case MqttDevices.NotConnected notConnected:
                writer.Byte(4);
                writer.Text(notConnected.ClientId);
                break;
            case MqttDevices.Unknown unknown:
                writer.Byte(5);
                writer.Text(unknown.ClientId);
                break;
            case MqttDevices.Unreachable unreachable:
                writer.Byte(6);
                writer.Text(unreachable.ClientId);
                break;
            case MqttDevices.Refused refused:
                writer.Byte(7);
                writer.Text(refused.ClientId);
                writer.Byte((byte)refused.Reason);
                writer.Text(refused.Message);
                break;
            case MqttDevices.ClientPage page:
                writer.Byte(8);
                Write(writer, page);
                break;
        }
    }

    public static MqttDevices.Answer ReadAnswer(WireReader reader) => reader.Byte() switch
    {
        1 => new MqttDevices.Reached(Required(reader)),
        2 => new MqttDevices.Reply(Required(reader), Packet(reader)),
        3 => new MqttDevices.NoReply(Required(reader)),
        4 => new MqttDevices.NotConnected(Required(reader)),
        5 => new MqttDevices.Unknown(Required(reader)),
        6 => new MqttDevices.Unreachable(Required(reader)),
        7 => new MqttDevices.Refused(Required(reader), (ReasonCode)reader.Byte(), Required(reader)),
        8 => ReadPage(reader),
        var other => throw Unknown("answer", other),
    };

    public static void Write(WireWriter writer, MqttDevices.Event @event)
    {
        switch (@event)
        {
            case MqttDevices.Online online:
                writer.Byte(1);
                Write(writer, online.Node);
                writer.Text(online.ClientId);
                AdminForm.WriteConnection(writer, online.Connection);
                break;
            case MqttDevices.Offline offline:
                writer.Byte(2);
                Write(writer, offline.Node);
                writer.Text(offline.ClientId);
                writer.Byte((byte)offline.Reason);
                writer.Text(offline.Message);
                break;
            case MqttDevices.TakenOver taken:
                writer.Byte(3);
                Write(writer, taken.Node);
                writer.Text(taken.ClientId);
                break;
            case MqttDevices.NodeLost lost:
                writer.Byte(4);
                Write(writer, lost.Node);
                break;
            case MqttDevices.EventsLost lost:
                writer.Byte(5);
                Write(writer, lost.Node);
                writer.Long(lost.Count);
                break;
        }
    }

    public static MqttDevices.Event ReadEvent(WireReader reader) => reader.Byte() switch
    {
        1 => new MqttDevices.Online(Node(reader), Required(reader), AdminForm.ReadConnection(reader) ?? throw Damaged()),
        2 => new MqttDevices.Offline(Node(reader), Required(reader), (ReasonCode)reader.Byte(), Required(reader)),
        3 => new MqttDevices.TakenOver(Node(reader), Required(reader)),
        4 => new MqttDevices.NodeLost(Node(reader)),
        5 => new MqttDevices.EventsLost(Node(reader), reader.Long()),
        var other => throw Unknown("event", other),
    };

    private static void Write(WireWriter writer, MqttDevices.ClientPage page)
    {
        writer.UInt((uint)page.Clients.Count);
        foreach (var (node, client) in page.Clients)
        {
            Write(writer, node);
            writer.Text(client.ClientId);
            AdminForm.WriteConnection(writer, client.Connection);
            writer.Int(client.QueuedMessages);
            writer.Long(client.WaitingBytes);
        }
        writer.Int(page.Total);
        writer.Text(page.Next);
        writer.UInt((uint)page.Missing.Count);
        foreach (var node in page.Missing)
            Write(writer, node);
    }

    private static MqttDevices.ClientPage ReadPage(WireReader reader)
    {
        var clients = new MqttDevices.ListedClient[reader.Count()];
        for (var at = 0; at < clients.Length; at++)
        {
            clients[at] = new MqttDevices.ListedClient(
                Node(reader), new ClientInfo(Required(reader), AdminForm.ReadConnection(reader), reader.Int(), reader.Long()));
        }
        var (total, next) = (reader.Int(), reader.OptionalText());
        var missing = new Address[reader.Count()];
        for (var at = 0; at < missing.Length; at++)
            missing[at] = Node(reader);
        return new MqttDevices.ClientPage(MqttList.Wrap(clients), total, next, MqttList.Wrap(missing));
    }

    private static MqttDevices.Event[] Events(WireReader reader)
    {
        var events = new MqttDevices.Event[reader.Count()];
        for (var at = 0; at < events.Length; at++)
            events[at] = ReadEvent(reader);
        return events;
    }

    private static void Write(WireWriter writer, Address node) => writer.Text(node.ToString());

    private static Address Node(WireReader reader) => Address.Parse(Required(reader));

    private static string Required(WireReader reader) => reader.OptionalText() ?? throw Damaged();

    private static Publish Packet(WireReader reader) => PacketForm.Read(reader) as Publish ?? throw Damaged();

    private static SerializationException Damaged() => new("A message about a device is incomplete.");

    private static SerializationException Unknown(string what, byte kind) =>
        new($"A message about a device has a {what} of kind {kind}, which this version of Akka.Mqtt.Cluster does not know.");
}
