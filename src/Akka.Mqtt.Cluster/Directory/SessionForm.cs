using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Protocol.Session;
using Akka.Mqtt.Serialization;
using Akka.Mqtt.Server.Core;

namespace Akka.Mqtt.Cluster.Directory;

/// <summary>
/// The format of a session in messages to other nodes. The meaning of a field never changes; a changed format has a higher version.
/// </summary>
internal static class SessionForm
{
    private const byte Version = 1;

    /// <summary>Writes a session.</summary>
    public static byte[] Write(ExtendedActorSystem system, SessionSnapshot session)
    {
        var writer = new WireWriter(system, 1024);
        writer.Byte(Version);
        Write(writer, session.Key);
        writer.Text(session.Owner);
        writer.Long(session.Epoch);
        writer.Bool(session.IsConnected);
        writer.Long(session.ChangedAt);
        writer.UInt(session.Expiry);
        // A will can be written only as a part of CONNECT.
        PacketForm.Write(writer, session.Will is { } will ? new Connect { ClientId = "", Version = MqttVersion.V5, Will = will } : null);
        writer.UInt((uint)session.Subscriptions.Count);
        foreach (var (options, identifier, shared) in session.Subscriptions.Values)
        {
            writer.Text(options.Filter);
            writer.Byte((byte)((int)options.QoS | (options.NoLocal ? 4 : 0) | (options.RetainAsPublished ? 8 : 0) | ((int)options.RetainHandling << 4)));
            writer.UInt(identifier);
            writer.Bool(shared is not null);
        }
        writer.UInt((uint)session.Queue.Count);
        foreach (var (number, message) in session.Queue)
        {
            writer.Long(number);
            Write(writer, message);
        }
        writer.Long(session.NextNumber);
        writer.UInt((uint)session.InFlight.Count);
        foreach (var (id, message) in session.InFlight)
        {
            writer.UInt(id);
            writer.Bool(message is not null);
            if (message is { } sent)
                Write(writer, sent);
        }
        writer.UInt(session.LastPacketId);
        writer.UInt((uint)session.Received.Count);
        foreach (var id in session.Received)
            writer.UInt(id);
        return writer.ToArray();
    }

    /// <summary>Reads a session.</summary>
    /// <exception cref="SerializationException">The bytes are damaged, or of a later version.</exception>
    public static SessionSnapshot Read(ExtendedActorSystem system, ReadOnlyMemory<byte> content)
    {
        var reader = new WireReader(system, content);
        if (reader.Byte() is not Version and var version)
            throw new SerializationException($"A session has form {version} of a later Akka.Mqtt.Cluster; this one reads {Version}.");
        var session = new SessionSnapshot
        {
            IsOver = false,
            Key = ReadKey(reader),
            Owner = reader.OptionalText(),
            Epoch = reader.Long(),
            IsConnected = reader.Bool(),
            ChangedAt = reader.Long(),
            Expiry = reader.UInt(),
            Will = (PacketForm.Read(reader) as Connect)?.Will,
        };
        for (var left = reader.Count(); left > 0; left--)
        {
            var filter = reader.Text() ?? throw new SerializationException("A session has a subscription without a filter.");
            var flags = reader.Byte();
            var options = new Subscription(filter, (QualityOfService)(flags & 3))
            {
                NoLocal = (flags & 4) != 0, RetainAsPublished = (flags & 8) != 0, RetainHandling = (RetainHandling)(flags >> 4),
            };
            var identifier = reader.UInt();
            SharedFilter? shared = reader.Bool() && SharedFilter.TryParse(filter, out var parsed) ? parsed : null;
            session.Subscriptions[filter] = new SessionSubscription(options, identifier, shared);
        }
        for (var left = reader.Count(); left > 0; left--)
            session.Queue[reader.Long()] = ReadMessage(reader);
        session.NextNumber = reader.Long();
        for (var left = reader.Count(); left > 0; left--)
            session.InFlight.Add(((ushort)reader.UInt(), reader.Bool() ? ReadMessage(reader) : null));
        session.LastPacketId = (ushort)reader.UInt();
        for (var left = reader.Count(); left > 0; left--)
            session.Received.Add((ushort)reader.UInt());
        return session;
    }

    /// <summary>Writes the key of a session.</summary>
    public static void Write(WireWriter writer, in SessionKey key)
    {
        writer.Text(key.MountPoint);
        writer.Text(key.User);
        writer.Text(key.ClientId);
    }

    /// <summary>Reads the key of a session.</summary>
    public static SessionKey ReadKey(WireReader reader) => new(reader.Text(), reader.OptionalText(), reader.Text());

    private static void Write(WireWriter writer, in QueuedMessage message)
    {
        writer.Long(message.ReceivedAt);
        writer.Bool(message.Share is not null);
        if (message.Share is { } share)
        {
            writer.Text(share.Name);
            writer.Text(share.Filter);
        }
        PacketForm.Write(writer, message.Packet with { Header = null });
    }

    private static QueuedMessage ReadMessage(WireReader reader)
    {
        var receivedAt = reader.Long();
        var share = reader.Bool() ? new SharedKey(reader.Text(), reader.Text()) : null;
        var packet = PacketForm.Read(reader) as Publish ?? throw new SerializationException("A session has another packet instead of a PUBLISH.");
        return new QueuedMessage(QueuedMessage.Compact(packet), receivedAt) { Share = share };
    }
}
