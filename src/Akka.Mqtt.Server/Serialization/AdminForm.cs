using Akka.Mqtt.Protocol;
using Akka.Mqtt.Serialization;

namespace Akka.Mqtt.Server.Serialization;

/// <summary>The wire form of the commands to a server and of their answers.</summary>
internal static class AdminForm
{
    public static void Write(WireWriter to, MqttServer.GetClients get)
    {
        to.Bool(get.ConnectedOnly);
        to.Text(get.After);
        to.Int(get.Limit);
        if (get.Search.Length > 0) // earlier versions read no further
            to.Text(get.Search);
    }

    public static MqttServer.GetClients ReadGetClients(WireReader from) =>
        new() { ConnectedOnly = from.Bool(), After = from.Text(), Limit = from.Int(), Search = from.IsAtEnd ? "" : from.Text() };

    public static void Write(WireWriter to, MqttServer.ClientList list)
    {
        to.UInt((uint)list.Clients.Count);
        foreach (var client in list.Clients.Span)
        {
            to.Text(client.ClientId);
            WriteConnection(to, client.Connection);
            to.Int(client.QueuedMessages);
            to.Long(client.WaitingBytes);
        }
        to.Int(list.Total);
    }

    public static MqttServer.ClientList ReadClientList(WireReader from)
    {
        var clients = new ClientInfo[from.Count()];
        for (var at = 0; at < clients.Length; at++)
            clients[at] = new ClientInfo(from.Text(), ReadConnection(from), from.Int(), from.Long());
        return new MqttServer.ClientList(MqttList.Wrap(clients), from.Int());
    }

    public static void Write(WireWriter to, MqttServer.DisconnectClient disconnect)
    {
        to.Text(disconnect.ClientId);
        to.Byte((byte)disconnect.Reason);
        to.Bool(disconnect.EndSession);
    }

    public static MqttServer.DisconnectClient ReadDisconnectClient(WireReader from) =>
        new(from.Text()) { Reason = (ReasonCode)from.Byte(), EndSession = from.Bool() };

    public static void Write(WireWriter to, MqttServer.Messages messages)
    {
        WriteSubscription(to, messages.Subscription);
        to.UInt((uint)messages.Packets.Count);
        foreach (var packet in messages.Packets.Span)
            PacketForm.Write(to, packet);
    }

    public static MqttServer.Messages ReadMessages(WireReader from)
    {
        var subscription = ReadSubscription(from);
        var packets = new Publish[from.Count()];
        for (var at = 0; at < packets.Length; at++)
            packets[at] = (Publish)PacketForm.Read(from)!;
        return new MqttServer.Messages(subscription, MqttList.Wrap(packets));
    }

    public static void Write(WireWriter to, ClientState state)
    {
        to.Text(state.ClientId);
        WriteConnection(to, state.Connection);
        to.UInt(state.SessionExpiryInterval);
        to.Bool(state.HasWill);
        WriteSubscriptions(to, state.Subscriptions);
        to.Int(state.InflightMessages);
        to.Long(state.InflightBytes);
        to.Int(state.InflightQuota);
        to.Int(state.UnreleasedMessages);
        to.Int(state.QueuedMessages);
        to.Int(state.QueuedQoS0Messages);
        to.Long(state.QueuedBytes);
        to.Long(state.OutstandingBytes);
        to.Bool(state.IsSlow);
        to.Bool(state.IsThrottled);
        to.Long(state.MessagesReceived);
        to.Long(state.MessagesSent);
        to.Long(state.BytesReceived);
        to.Long(state.BytesSent);
        to.UInt((uint)state.LastPackets.Count);
        foreach (var note in state.LastPackets.Span)
        {
            WriteTime(to, note.At);
            to.Bool(note.Received);
            to.Byte((byte)note.Type);
            to.Int(note.PacketId);
            to.Text(note.Topic);
            to.Byte((byte)note.QoS);
            to.Int(note.Size);
        }
    }

    // Members are read in the order in which they were written: an initializer runs from top to bottom.
    public static ClientState ReadClientState(WireReader from) => new(from.Text())
    {
        Connection = ReadConnection(from),
        SessionExpiryInterval = from.UInt(),
        HasWill = from.Bool(),
        Subscriptions = ReadSubscriptions(from),
        InflightMessages = from.Int(),
        InflightBytes = from.Long(),
        InflightQuota = from.Int(),
        UnreleasedMessages = from.Int(),
        QueuedMessages = from.Int(),
        QueuedQoS0Messages = from.Int(),
        QueuedBytes = from.Long(),
        OutstandingBytes = from.Long(),
        IsSlow = from.Bool(),
        IsThrottled = from.Bool(),
        MessagesReceived = from.Long(),
        MessagesSent = from.Long(),
        BytesReceived = from.Long(),
        BytesSent = from.Long(),
        LastPackets = ReadNotes(from),
    };

    public static void WriteSubscriptions(WireWriter to, MqttList<Subscription> subscriptions)
    {
        to.UInt((uint)subscriptions.Count);
        foreach (var subscription in subscriptions.Span)
            WriteSubscription(to, subscription);
    }

    public static MqttList<Subscription> ReadSubscriptions(WireReader from)
    {
        var subscriptions = new Subscription[from.Count()];
        for (var at = 0; at < subscriptions.Length; at++)
            subscriptions[at] = ReadSubscription(from);
        return MqttList.Wrap(subscriptions);
    }

    public static void WriteConnection(WireWriter to, ClientConnection? connection)
    {
        to.Bool(connection is not null);
        if (connection is null)
            return;
        TransportForm.Write(to, connection.Transport);
        to.Byte((byte)connection.Version);
        to.Text(connection.UserName);
        to.Int(connection.KeepAlive);
        WriteTime(to, connection.ConnectedAt);
    }

    public static ClientConnection? ReadConnection(WireReader from) => from.Bool()
        ? new ClientConnection(TransportForm.Read(from), (MqttVersion)from.Byte(), from.OptionalText(), (ushort)from.Int(), ReadTime(from))
        : null;

    private static MqttList<PacketNote> ReadNotes(WireReader from)
    {
        var notes = new PacketNote[from.Count()];
        for (var at = 0; at < notes.Length; at++)
        {
            notes[at] = new PacketNote(
                ReadTime(from), from.Bool(), (MqttPacketType)from.Byte(), (ushort)from.Int(), from.OptionalText(), (QualityOfService)from.Byte(), from.Int());
        }
        return MqttList.Wrap(notes);
    }

    private static void WriteSubscription(WireWriter to, Subscription subscription)
    {
        to.Text(subscription.Filter);
        to.Byte((byte)subscription.QoS);
        to.Bool(subscription.NoLocal);
        to.Bool(subscription.RetainAsPublished);
        to.Byte((byte)subscription.RetainHandling);
    }

    private static Subscription ReadSubscription(WireReader from) => new(from.Text(), (QualityOfService)from.Byte())
    {
        NoLocal = from.Bool(),
        RetainAsPublished = from.Bool(),
        RetainHandling = (RetainHandling)from.Byte(),
    };

    private static void WriteTime(WireWriter to, DateTimeOffset time)
    {
        to.Long(time.Ticks);
        to.Time(time.Offset);
    }

    private static DateTimeOffset ReadTime(WireReader from) => new(from.Long(), from.Time());
}
