using System.Runtime.Serialization;
using System.Text;
using Akka.Mqtt.Connection;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Serialization;

/// <summary>The wire form of each command, without its manifest. When a member cannot be sent, serialization fails with its name.</summary>
internal static class CommandForm
{
    private const byte KeepsOpen = 0x01;
    private const byte TellsItsEnd = 0x02;
    private const byte LogsTheEnd = 0x04;

    public static void Write(WireWriter to, Mqtt.Connect connect)
    {
        EndPointForm.Write(to, connect.RemoteAddress, "Mqtt.Connect.RemoteAddress");
        TlsForm.Write(to, connect.Tls);
        EndPointForm.Write(to, connect.LocalAddress, "Mqtt.Connect.LocalAddress");
        Write(to, connect.SocketOptions);
        to.Bool(connect.Timeout is not null);
        if (connect.Timeout is { } timeout)
            to.Time(timeout);
        SettingsForm.WriteOptional(to, connect.Settings);
    }

    public static Mqtt.Connect ReadConnect(WireReader from) => new(EndPointForm.Read(from)!)
    {
        Tls = TlsForm.Read(from),
        LocalAddress = EndPointForm.Read(from),
        SocketOptions = ReadSocketOptions(from),
        Timeout = from.Bool() ? from.Time() : null,
        Settings = SettingsForm.ReadOptional(from),
    };

    public static void Write(WireWriter to, Mqtt.Bind bind)
    {
        if (bind.Tls is not null)
            throw Stays("Mqtt.Bind.Tls", "the private key of a server stays on its node");
        to.Ref(bind.Handler);
        EndPointForm.Write(to, bind.LocalAddress, "Mqtt.Bind.LocalAddress");
        to.Int(bind.Backlog);
        Write(to, bind.SocketOptions);
        to.Bool(bind.AcceptsAtOnce);
        SettingsForm.WriteOptional(to, bind.Settings);
    }

    public static Mqtt.Bind ReadBind(WireReader from) => new(from.Ref(), EndPointForm.Read(from)!)
    {
        Backlog = from.Int(),
        SocketOptions = ReadSocketOptions(from),
        AcceptsAtOnce = from.Bool(),
        Settings = SettingsForm.ReadOptional(from),
    };

    public static SerializationException CannotAttach() => Stays("Mqtt.Attach.Stream", "a stream belongs to its process");

    public static void Write(WireWriter to, Mqtt.Register register)
    {
        to.Ref(register.Handler);
        to.Byte((byte)register.Delivery);
        to.Int(register.PayloadEncoding is { } encoding ? CodePage(encoding) : 0);
        to.Byte((byte)((register.KeepOpenOnPeerClosed ? KeepsOpen : 0) | (register.TellsItsEnd ? TellsItsEnd : 0) | (register.LogsTheEnd ? LogsTheEnd : 0)));
        to.Object(register.Ack, "Mqtt.Register.Ack");
    }

    public static Mqtt.Register ReadRegister(WireReader from)
    {
        var handler = from.Ref();
        var delivery = (MqttDelivery)from.Byte();
        var encoding = from.Int() is var page and not 0 ? Encoding.GetEncoding(page) : null;
        var flags = from.Byte();
        return new Mqtt.Register(handler)
        {
            Delivery = delivery,
            PayloadEncoding = encoding,
            KeepOpenOnPeerClosed = (flags & KeepsOpen) != 0,
            TellsItsEnd = (flags & TellsItsEnd) != 0,
            LogsTheEnd = (flags & LogsTheEnd) != 0,
            Ack = from.Object(),
        };
    }

    public static void Write(WireWriter to, Mqtt.Write write)
    {
        PacketForm.Write(to, write.Packet);
        to.Object(write.Ack, "Mqtt.Write.Ack");
    }

    public static Mqtt.Write ReadWrite(WireReader from) => new(PacketForm.Read(from)!, from.Object());

    public static void Write(WireWriter to, Mqtt.WriteBatch batch)
    {
        WritePackets(to, batch.Packets);
        to.Object(batch.Ack, "Mqtt.WriteBatch.Ack");
        to.Bool(batch.Shared is not null);
    }

    public static Mqtt.WriteBatch ReadWriteBatch(WireReader from) => new(ReadPackets(from), from.Object())
    {
        Shared = from.Bool() ? new SharedEncoding() : null,
    };

    public static void WritePackets(WireWriter to, MqttList<MqttPacket> packets)
    {
        to.UInt((uint)packets.Count);
        foreach (var packet in packets)
            PacketForm.Write(to, packet);
    }

    public static MqttList<MqttPacket> ReadPackets(WireReader from)
    {
        var packets = new MqttPacket[from.Count()];
        for (var at = 0; at < packets.Length; at++)
            packets[at] = PacketForm.Read(from)!;
        return MqttList.Wrap(packets);
    }

    private static int CodePage(Encoding encoding)
    {
        try
        {
            return Encoding.GetEncoding(encoding.CodePage).CodePage;
        }
        catch (Exception cause) when (cause is NotSupportedException or ArgumentException)
        {
            var page = encoding.CodePage;
            throw new SerializationException($"Mqtt.Register.PayloadEncoding cannot be sent to another node: there is no code page {page}.", cause);
        }
    }

    /// <summary>Writes the options that are set, each after its number; then 0.</summary>
    private static void Write(WireWriter to, MqttSocketOptions options)
    {
        Write(to, 1, options.ReceiveBufferSize);
        Write(to, 2, options.SendBufferSize);
        Write(to, 3, (int?)options.TcpKeepAliveTime?.TotalSeconds);
        Write(to, 4, (int?)options.TcpKeepAliveInterval?.TotalSeconds);
        Write(to, 5, options.TcpKeepAliveRetries);
        Write(to, 6, options.DualMode is { } dual ? (dual ? 1 : 0) : null);
        to.Byte(0);
    }

    private static void Write(WireWriter to, byte number, int? value)
    {
        if (value is not { } set)
            return;
        to.Byte(number);
        to.Int(set);
    }

    private static MqttSocketOptions ReadSocketOptions(WireReader from)
    {
        var options = MqttSocketOptions.Default;
        while (from.Byte() is var number and not 0)
        {
            var value = from.Int();
            options = number switch
            {
                1 => options with { ReceiveBufferSize = value },
                2 => options with { SendBufferSize = value },
                3 => options with { TcpKeepAliveTime = TimeSpan.FromSeconds(value) },
                4 => options with { TcpKeepAliveInterval = TimeSpan.FromSeconds(value) },
                5 => options with { TcpKeepAliveRetries = value },
                6 => options with { DualMode = value != 0 },
                _ => throw new SerializationException($"This version of Akka.Mqtt does not know the socket option {number}."),
            };
        }

        return options;
    }

    private static SerializationException Stays(string member, string reason) =>
        new($"{member} cannot be sent to another node: {reason}. Send the command on the node that executes it.");
}
