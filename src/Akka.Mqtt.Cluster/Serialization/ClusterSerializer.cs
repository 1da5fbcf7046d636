using Akka.Actor;
using Akka.Mqtt.Cluster.Devices;
using Akka.Mqtt.Cluster.Directory;
using Akka.Mqtt.Cluster.Nodes;
using Akka.Mqtt.Serialization;

namespace Akka.Mqtt.Cluster.Serialization;

/// <summary>Serializes the messages between nodes.</summary>
internal sealed class ClusterSerializer(ExtendedActorSystem system) : FormSerializer(system)
{
    /// <summary>The name in <c>akka.actor.serializers</c>.</summary>
    public const string Name = "akka-mqtt-cluster";

    // The version, the link, the number, and whether the next frame has the rest.
    private const int FrameHead = 1 + 8 + 8 + 1;

    /// <summary>The identifier on the wire. It never changes.</summary>
    public const int Id = 1885;

    // The manifests identify the types of messages between nodes. A manifest that was once used keeps its meaning for ever.
    private static readonly Dictionary<Type, string> Manifests = new()
    {
        [typeof(OpenLink)] = "LO",
        [typeof(LinkOpened)] = "LA",
        [typeof(Frame)] = "F",
        [typeof(FrameTaken)] = "FT",
        [typeof(FrameSafe)] = "FS",
        [typeof(NodeLeaves)] = "LL",
        [typeof(NodeLeavesHeard)] = "LH",
        [typeof(NodeCounts)] = "NC",
        [typeof(FramesLate)] = "FL",
        [typeof(NodeAsked)] = "NQ",
        [typeof(NodeTold)] = "NA",
        [typeof(TermWanted)] = "DT",
        [typeof(ReportWanted)] = "DQ",
        [typeof(Report)] = "DR",
        [typeof(Claims)] = "DC",
        [typeof(Grants)] = "DG",
        [typeof(Settled)] = "DS",
        [typeof(SettledHeard)] = "DH",
        [typeof(Ended)] = "DE",
        [typeof(Superseded)] = "DX",
        [typeof(Fetch)] = "DF",
        [typeof(SessionPart)] = "DP",
        [typeof(HandOver)] = "DL",
        [typeof(Fetched)] = "DD",
        [typeof(Forgotten)] = "DO",
        [typeof(DeviceSought)] = "VS",
        [typeof(DeviceFound)] = "VF",
        [typeof(DeviceCall)] = "VC",
        [typeof(DeviceResult)] = "VR",
        [typeof(EventsWanted)] = "VW",
        [typeof(DeviceEvents)] = "VE",
        [typeof(MqttDevices.Send)] = "PC",
        [typeof(MqttDevices.Request)] = "PC",
        [typeof(MqttDevices.Disconnect)] = "PC",
        [typeof(MqttDevices.GetClients)] = "PC",
        [typeof(MqttDevices.Reached)] = "PA",
        [typeof(MqttDevices.Reply)] = "PA",
        [typeof(MqttDevices.NoReply)] = "PA",
        [typeof(MqttDevices.NotConnected)] = "PA",
        [typeof(MqttDevices.Unknown)] = "PA",
        [typeof(MqttDevices.Unreachable)] = "PA",
        [typeof(MqttDevices.Refused)] = "PA",
        [typeof(MqttDevices.ClientPage)] = "PA",
        [typeof(MqttDevices.Online)] = "PE",
        [typeof(MqttDevices.Offline)] = "PE",
        [typeof(MqttDevices.TakenOver)] = "PE",
        [typeof(MqttDevices.NodeLost)] = "PE",
        [typeof(MqttDevices.EventsLost)] = "PE",
    };

    public override int Identifier => Id;

    /// <summary>The types of messages between nodes.</summary>
    public static IReadOnlyCollection<Type> Types => Manifests.Keys;

    /// <summary>Registers the serializer with an actor system; a second call changes nothing.</summary>
    public static void Register(ExtendedActorSystem system) => Register(system, Name, static owner => new ClusterSerializer(owner), Types);

    public override string Manifest(object o) => Manifests.TryGetValue(o.GetType(), out var manifest) ? manifest : throw Unknown(o);

    /// <summary>
    /// Reads a message. The result is <see cref="Unreadable"/> if it cannot be read, because Akka.Remote would log an exception for each
    /// message.
    /// </summary>
    public override object FromBinary(byte[] bytes, string manifest)
    {
        try
        {
            return base.FromBinary(bytes, manifest);
        }
        catch (Exception error)
        {
            return new Unreadable(error.Message);
        }
    }

    protected override int CapacityOf(object message) => message switch
    {
        Frame frame => FrameHead + WireWriter.SizeOfBytes(frame.Content.Length), // the exact size, so that the array is not copied
        SessionPart part => part.Content.Length + 256,
        _ => base.CapacityOf(message),
    };

    protected override void Write(WireWriter writer, object message)
    {
        switch (message)
        {
            case OpenLink open:
                NodeForm.Write(writer, open.From);
                writer.Long(open.Link);
                if (open.Asked > 0) // earlier versions stop reading here
                    writer.Long(open.Asked);
                if (open.To != 0)
                    writer.Int(open.To);
                break;
            case LinkOpened opened:
                writer.Long(opened.Link);
                writer.Long(opened.Next);
                writer.Long(opened.Taken);
                if (opened.Asked > 0) // earlier versions stop reading here
                    writer.Long(opened.Asked);
                if (opened.Port is { } port)
                {
                    writer.Text(port.Host);
                    writer.Int(port.Port);
                    writer.Bytes(port.Secret.Span);
                }
                break;
            case Frame frame:
                writer.Long(frame.Link);
                writer.Long(frame.Number);
                writer.Bool(frame.Continues);
                writer.Bytes(frame.Content.Span);
                break;
            case FrameTaken taken:
                writer.Long(taken.Link);
                writer.Long(taken.Number);
                break;
            case FrameSafe safe:
                writer.Long(safe.Link);
                writer.Long(safe.Number);
                break;
            case NodeLeaves leaves:
                NodeForm.Write(writer, leaves.From);
                break;
            case NodeLeavesHeard heard:
                NodeForm.Write(writer, heard.From);
                break;
            case NodeCounts counts:
                NodeForm.Write(writer, counts.From);
                writer.Longs(counts.Values);
                break;
            case FramesLate late:
                LateForm.Write(writer, late);
                break;
            case NodeAsked asked:
                NodeQuestionForm.Write(writer, asked);
                break;
            case NodeTold told:
                NodeQuestionForm.Write(writer, told);
                break;
            case DirectoryMessage directory:
                NodeForm.Write(writer, directory.From);
                DirectoryForm.Write(writer, directory);
                break;
            case DeviceMessage device:
                NodeForm.Write(writer, device.From);
                DeviceForm.Write(writer, device);
                break;
            case MqttDevices.Command command:
                DeviceForm.Write(writer, command);
                break;
            case MqttDevices.Answer answer:
                DeviceForm.Write(writer, answer);
                break;
            case MqttDevices.Event @event:
                DeviceForm.Write(writer, @event);
                break;
            default:
                throw Unknown(message);
        }
    }

    protected override object? Read(WireReader reader, string manifest) => manifest switch
    {
        "LO" => new OpenLink(
            NodeForm.Read(reader), reader.Long(), reader.IsAtEnd ? 0 : reader.Long(), reader.IsAtEnd ? 0 : reader.Int()),
        "LA" => new LinkOpened(
            reader.Long(), reader.Long(), reader.Long(), reader.IsAtEnd ? 0 : reader.Long(), reader.IsAtEnd ? null : new FramePort(reader.Text(), reader.Int(), reader.Bytes())),
        "F" => new Frame(reader.Long(), reader.Long(), reader.Bool(), reader.Bytes()),
        "FT" => new FrameTaken(reader.Long(), reader.Long()),
        "FS" => new FrameSafe(reader.Long(), reader.Long()),
        "LL" => new NodeLeaves(NodeForm.Read(reader)),
        "LH" => new NodeLeavesHeard(NodeForm.Read(reader)),
        "NC" => new NodeCounts(NodeForm.Read(reader), reader.Longs()),
        "FL" => LateForm.Read(reader),
        "NQ" => NodeQuestionForm.ReadAsked(reader),
        "NA" => NodeQuestionForm.ReadTold(reader),
        ['D', _] => DirectoryForm.Read(reader, manifest, NodeForm.Read(reader)),
        ['V', _] => DeviceForm.Read(reader, manifest, NodeForm.Read(reader)),
        "PC" => DeviceForm.ReadCommand(reader),
        "PA" => DeviceForm.ReadAnswer(reader),
        "PE" => DeviceForm.ReadEvent(reader),
        _ => null,
    };
}
