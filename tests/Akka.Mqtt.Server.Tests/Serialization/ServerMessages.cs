using System.Net;
using Akka.Actor;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Sessions;

namespace Akka.Mqtt.Server.Tests.Serialization;

/// <summary>Commands to a server, their answers and its events, with a value in each member.</summary>
internal static class ServerMessages
{
    private static readonly DateTimeOffset Time = new(2026, 11, 28, 12, 30, 15, TimeSpan.FromHours(2));

    private static readonly ClientConnection Connection = new(
        new TransportInfo(MqttTransport.Tls)
        {
            LocalAddress = new IPEndPoint(IPAddress.Loopback, 8883), RemoteAddress = new IPEndPoint(IPAddress.Parse("2001:db8::1"), 40_000),
        },
        MqttVersion.V5,
        "user",
        65_535,
        Time);

    private static readonly Subscription Subscription =
        new("a/#", QualityOfService.ExactlyOnce) { NoLocal = true, RetainAsPublished = true, RetainHandling = RetainHandling.DoNotSend };

    /// <summary>One of each type that travels. The name is that of the file with its sample.</summary>
    /// <param name="server">The admin of the server whose events these are.</param>
    public static Dictionary<string, object> Of(IActorRef server) => new()
    {
        ["get-clients-search"] = new MqttServer.GetClients { ConnectedOnly = true, After = "c", Limit = 17, Search = "pump" },
        ["get-clients"] = new MqttServer.GetClients { ConnectedOnly = true, After = "c", Limit = 17 },
        ["client-list"] = new MqttServer.ClientList([new ClientInfo("a", Connection, 3, 1L << 40), new ClientInfo("b", null, 0, 0)], 5),
        ["inspect-client"] = new MqttServer.InspectClient("c"),
        ["client-state"] = new ClientState("c")
        {
            Connection = Connection,
            SessionExpiryInterval = uint.MaxValue,
            HasWill = true,
            Subscriptions = [Subscription, "b"],
            InflightMessages = 1,
            InflightBytes = 2,
            InflightQuota = 3,
            UnreleasedMessages = 4,
            QueuedMessages = 5,
            QueuedQoS0Messages = 6,
            QueuedBytes = 7,
            OutstandingBytes = 8,
            IsSlow = true,
            IsThrottled = true,
            MessagesReceived = 9,
            MessagesSent = 10,
            BytesReceived = 11,
            BytesSent = 1L << 50,
            LastPackets =
            [
                new PacketNote(Time, true, MqttPacketType.Publish, 65_535, "t", QualityOfService.AtLeastOnce, 100),
                new PacketNote(Time, false, MqttPacketType.PubAck, 1, null, QualityOfService.AtMostOnce, 4),
            ],
        },
        ["disconnect-client"] = new MqttServer.DisconnectClient("c") { Reason = ReasonCode.ServerBusy, EndSession = true },
        ["client-disconnecting"] = new MqttServer.ClientDisconnecting("c", true),
        ["client-not-found"] = new MqttServer.ClientNotFound("c"),
        ["messages"] = new MqttServer.Messages(Subscription, [new Publish("a/b", "x") { QoS = QualityOfService.AtLeastOnce, Retain = true }, new Publish("a")]),
        ["reload-security"] = ReloadSecurity.Instance,
        ["security-reloaded"] = SecurityReloaded.Instance,
        ["security-not-reloaded"] = new SecurityNotReloaded("text"),
        ["event-client-connected"] = new ClientConnected(server, "c", Connection),
        ["event-client-disconnected"] = new ClientDisconnected(server, "c", ReasonCode.KeepAliveTimeout, "text"),
        ["event-subscription-changed"] = new SubscriptionChanged(server, "c", [Subscription], ["b"]),
        ["event-message-dropped"] = new MessageDropped(server, DropReason.Offline, 1L << 40),
        ["session-written"] = new Written(1L << 40, 7),
        ["session-in-sequence"] = new InSequence(3, InSequence.Step.InboundAnswered),
        ["session-opened"] = SessionOpened.Instance,
    };
}
