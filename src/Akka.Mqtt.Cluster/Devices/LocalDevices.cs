using System.Globalization;
using System.Security.Cryptography;
using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;
using Akka.Mqtt.Serialization;
using Akka.Mqtt.Server;
using Akka.Mqtt.Server.Clients;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Routing;
using Akka.Mqtt.Server.Shared;

namespace Akka.Mqtt.Cluster.Devices;

/// <summary>
/// Carries out commands for the clients of this node. It receives the answers of clients by a subscription to topics that nobody can
/// guess; the first question starts this subscription. Owned by one actor.
/// </summary>
/// <param name="nodes">Settings and timers.</param>
/// <param name="self">The actor, which subscribes.</param>
internal sealed class LocalDevices(IDeviceNodes nodes, IActorRef self)
{
    private readonly Dictionary<string, Question> _questions = new(StringComparer.Ordinal);
    private readonly HashSet<string> _filters = new(StringComparer.Ordinal); // one for each mount point
    private readonly string _token = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
    private ActorTarget? _target;
    private long _number;

    /// <summary>The server of this node; null for none.</summary>
    public ServerContext? Server { get; private set; }

    /// <summary>Converts an event of the server to an event for subscribers; null when they do not receive it.</summary>
    public static MqttDevices.Event? EventOf(MqttServerEvent happened, Address node) => happened switch
    {
        ClientConnected connected => new MqttDevices.Online(node, connected.ClientId, connected.Connection),
        ClientDisconnected { Reason: ReasonCode.SessionTakenOver } disconnected => new MqttDevices.TakenOver(node, disconnected.ClientId),
        ClientDisconnected disconnected => new MqttDevices.Offline(node, disconnected.ClientId, disconnected.Reason, disconnected.Message),
        _ => null,
    };

    /// <summary>Sets the server after it has started; null after it has stopped.</summary>
    public void Use(ServerContext? server)
    {
        Server = server;
        _target = null;
        _filters.Clear();
        foreach (var (key, question) in _questions)
        {
            nodes.Forget(new GaveUp(key));
            question.Answer(nodes, new MqttDevices.Unreachable(question.ClientId));
        }
        _questions.Clear();
    }

    /// <summary>Returns what this node has of a client.</summary>
    public DevicePresence PresenceOf(string clientId)
    {
        if (Server is not { } server)
            return DevicePresence.None;
        if (server.Clients.Find(clientId) is { } entry)
        {
            return server.Owners?.IsGivenUp(entry.Key) == true ? DevicePresence.Moving
                : entry.Connection is not null ? DevicePresence.Connected
                : DevicePresence.Away;
        }
        return server.Clients.Parked.Find(new SessionKey("", null, clientId)) != 0 ? DevicePresence.Away : DevicePresence.None;
    }

    /// <summary>Carries out a command.</summary>
    /// <param name="call">The command.</param>
    /// <param name="replyTo">The actor that receives <see cref="DeviceResult"/>.</param>
    public void Do(DeviceCall call, IActorRef replyTo)
    {
        switch (call.Command)
        {
            case MqttDevices.Send send:
                var entry = Find(send.ClientId, call, replyTo);
                if (entry is not null)
                    Answer(call, replyTo, (MqttDevices.Answer?)Deliver(entry, send.Packet) ?? new MqttDevices.Reached(send.ClientId));
                break;
            case MqttDevices.Request request:
                if (Find(request.ClientId, call, replyTo) is { } asked)
                    Ask(request, asked, call, replyTo);
                break;
            case MqttDevices.Disconnect disconnect:
                Disconnect(disconnect, call, replyTo);
                break;
            case MqttDevices.GetClients get:
                List(get, call, replyTo);
                break;
            default:
                break; // of a later version; the call of the other node times out
        }
    }

    /// <summary>Handles answers that clients have published.</summary>
    public void Answered(Deliver answers)
    {
        answers.Target.ReturnCredit(answers.Packets.Length);
        foreach (var packet in answers.Packets)
        {
            var key = packet.Topic[(packet.Topic.LastIndexOf('/') + 1)..];
            if (!_questions.Remove(key, out var question))
                continue; // it is late, or a duplicate
            nodes.Forget(new GaveUp(key));
            var most = nodes.Settings.FrameSize;
            question.Answer(nodes, PacketForm.Capacity(packet) <= most || question.Call.From.Equals(nodes.Self)
                ? new MqttDevices.Reply(question.ClientId, packet)
                : new MqttDevices.Refused(question.ClientId, ReasonCode.PacketTooLarge, string.Create(
                    CultureInfo.InvariantCulture, $"The answer of the client is larger than frame-size = {most}.")));
        }
    }

    /// <summary>A client has not answered in time.</summary>
    public void GiveUp(GaveUp gaveUp)
    {
        if (_questions.Remove(gaveUp.Key, out var question))
            question.Answer(nodes, new MqttDevices.NoReply(question.ClientId));
    }

    private ClientEntry? Find(string clientId, DeviceCall call, IActorRef replyTo)
    {
        switch (PresenceOf(clientId))
        {
            case DevicePresence.Connected when Server!.Clients.Find(clientId) is { Connection: not null } entry:
                return entry;
            case DevicePresence.None:
                Answer(call, replyTo, new MqttDevices.Unknown(clientId));
                return null;
            default:
                Answer(call, replyTo, new MqttDevices.NotConnected(clientId));
                return null;
        }
    }

    private void Ask(MqttDevices.Request request, ClientEntry entry, DeviceCall call, IActorRef replyTo)
    {
        var clientId = request.ClientId;
        if (entry.Connection?.Version is { } version and not MqttVersion.V5)
        {
            Answer(call, replyTo, new MqttDevices.Refused(
                clientId, ReasonCode.ImplementationSpecificError, $"The client speaks {version}, which has no Response Topic: it cannot answer."));
            return;
        }
        if (_questions.Count >= nodes.Settings.MaxDeviceCalls)
        {
            Answer(call, replyTo, new MqttDevices.Refused(clientId, ReasonCode.QuotaExceeded, "More than max-device-calls clients have been asked and have not answered."));
            return;
        }
        Listen(entry.Key.MountPoint);
        var key = string.Create(CultureInfo.InvariantCulture, $"{++_number:x}-{RandomNumberGenerator.GetHexString(16, lowercase: true)}");
        var packet = request.Packet with
        {
            Properties = (request.Packet.Properties ?? new PublishProperties()) with
            {
                ResponseTopic = $"{nodes.Settings.DeviceAnswerTopic}/{_token}/{key}", CorrelationData = key,
            },
        };
        if (Deliver(entry, packet) is { } refused)
        {
            Answer(call, replyTo, refused);
            return;
        }
        _questions.Add(key, new Question(call, replyTo, clientId));
        nodes.After(request.Timeout, new GaveUp(key));
    }

    /// <summary>Subscribes to the answers of clients below a mount point.</summary>
    private void Listen(string mountPoint)
    {
        var filter = $"{mountPoint}{nodes.Settings.DeviceAnswerTopic}/{_token}/+";
        if (!_filters.Add(filter))
            return;
        _target ??= new ActorTarget("", self, Server!.Settings.MaxUnhandledMessages) { IsConnected = true };
        var subscription = new SessionSubscription(new Subscription(filter, QualityOfService.ExactlyOnce), 0);
        Server!.Routing.Apply(_target, [RouteChange.Of(subscription, Subscriber.Of(_target, subscription))]);
    }

    /// <summary>Passes a message to the session of a client.</summary>
    /// <returns>Null when the session has it; otherwise the refusal.</returns>
    private MqttDevices.Refused? Deliver(ClientEntry entry, Publish packet)
    {
        var properties = packet.Properties;
        if (properties is { TopicAlias: not null } or { SubscriptionIdentifiers.IsEmpty: false })
            properties = properties with { TopicAlias = null, SubscriptionIdentifiers = default };
        packet = packet with
        {
            Topic = entry.Key.MountPoint + packet.Topic, Properties = properties, PacketId = 0, Dup = false, Retain = false, Header = null,
        };
        return entry.Target.TryDeliver(new Deliver(entry.Target, new MessageBatch([packet], isShared: false), Server!.UtcNow))
            ? null
            : new MqttDevices.Refused(entry.ClientId, ReasonCode.QuotaExceeded, "The client is more than max-unhandled-messages behind.");
    }

    private void Disconnect(MqttDevices.Disconnect disconnect, DeviceCall call, IActorRef replyTo)
    {
        var presence = PresenceOf(disconnect.ClientId);
        if (presence == DevicePresence.None || (presence != DevicePresence.Connected && !disconnect.EndSession))
        {
            Find(disconnect.ClientId, call, replyTo); // sends the answer
            return;
        }
        var command = new MqttServer.DisconnectClient(disconnect.ClientId) { Reason = disconnect.Reason, EndSession = disconnect.EndSession };
        Server!.Admin.Ask<object>(command, nodes.Settings.DeviceTimeout).PipeTo(
            replyTo,
            self,
            answer => Result(call, answer switch
            {
                MqttServer.ClientDisconnecting { WasConnected: true } => new MqttDevices.Reached(disconnect.ClientId),
                MqttServer.ClientDisconnecting when disconnect.EndSession => new MqttDevices.Reached(disconnect.ClientId),
                MqttServer.ClientDisconnecting => new MqttDevices.NotConnected(disconnect.ClientId),
                _ => new MqttDevices.Unknown(disconnect.ClientId),
            }),
            _ => Result(call, new MqttDevices.Unreachable(disconnect.ClientId)));
    }

    private void List(MqttDevices.GetClients get, DeviceCall call, IActorRef replyTo)
    {
        if (Server is not { } server)
        {
            Answer(call, replyTo, new MqttDevices.ClientPage(default, 0, null, default));
            return;
        }
        var command = new MqttServer.GetClients { After = get.After, ConnectedOnly = get.ConnectedOnly, Search = get.Search, Limit = get.Limit };
        var (most, node) = (nodes.Settings.FrameSize, nodes.Self.Address);
        server.Admin.Ask<MqttServer.ClientList>(command, nodes.Settings.DeviceTimeout).PipeTo(
            replyTo,
            self,
            list => Result(call, ClientPages.Of(node, list.Clients.Span, list.Total, list.Clients.Count >= get.Limit, most)),
            _ => Result(call, new MqttDevices.ClientPage(default, 0, null, [node])));
    }

    private void Answer(DeviceCall call, IActorRef replyTo, MqttDevices.Answer answer) => replyTo.Tell(Result(call, answer), self);

    private DeviceResult Result(DeviceCall call, MqttDevices.Answer answer) => new(nodes.Self, call.Call, answer);

    /// <summary>The time of a client to answer may be over.</summary>
    internal sealed record GaveUp(string Key) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

    private sealed record Question(DeviceCall Call, IActorRef ReplyTo, string ClientId)
    {
        public void Answer(IDeviceNodes nodes, MqttDevices.Answer answer) => ReplyTo.Tell(new DeviceResult(nodes.Self, Call.Call, answer));
    }
}
