using System.Runtime.Serialization;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Serialization;

/// <summary>
/// The wire form of each event, without its manifest. An event can always be sent, if necessary without members that cannot.
/// </summary>
internal static class EventForm
{
    public static void Write(WireWriter to, Mqtt.Connected connected)
    {
        to.Ref(connected.Connection);
        to.Byte((byte)connected.Role);
        TransportForm.Write(to, connected.Transport);
    }

    public static Mqtt.Connected ReadConnected(WireReader from) => new(from.Ref(), (MqttRole)from.Byte(), TransportForm.Read(from));

    public static void Write(WireWriter to, Mqtt.Bound bound)
    {
        to.Ref(bound.Listener);
        EndPointForm.Write(to, bound.LocalAddress, "Mqtt.Bound.LocalAddress");
    }

    public static Mqtt.Bound ReadBound(WireReader from) => new(from.Ref(), EndPointForm.Read(from)!);

    /// <summary>A command that cannot be sent is replaced by its text, and the exception by one with its texts.</summary>
    public static void Write(WireWriter to, Mqtt.CommandFailed failed, Func<WireWriter> scratch)
    {
        to.Byte((byte)failed.Reason);
        to.Text(failed.Message);
        WriteCode(to, failed.ReasonCode);
        CauseForm.Write(to, failed.Cause);
        var command = scratch();
        try
        {
            command.Object(failed.Command, "Mqtt.CommandFailed.Command");
        }
        catch (SerializationException)
        {
            command = scratch();
            command.Object(failed.Command.ToString() ?? "", "Mqtt.CommandFailed.Command");
        }

        to.Bytes(command.ToArray());
    }

    public static Mqtt.CommandFailed ReadCommandFailed(WireReader from, Func<ReadOnlyMemory<byte>, WireReader> scratch)
    {
        var reason = (CommandFailure)from.Byte();
        var message = from.Text();
        var code = ReadCode(from);
        var cause = CauseForm.Read(from);
        return new Mqtt.CommandFailed(scratch(from.Bytes()).Object()!, reason, message) { ReasonCode = code, Cause = cause };
    }

    public static void Write(WireWriter to, Mqtt.ErrorClosed closed)
    {
        to.Byte((byte)closed.Reason);
        to.Text(closed.Message);
        WriteCode(to, closed.ReasonCode);
        to.Bool(closed.Header is not null);
        if (closed.Header is { } header)
        {
            to.Byte(header.FirstByte);
            to.Int(header.RemainingLength);
        }

        WriteUndelivered(to, closed);
    }

    /// <summary>
    /// Writes packets that were not delivered, if there are any, after the form of the end: earlier versions do not read them.
    /// </summary>
    public static void WriteUndelivered(WireWriter to, Mqtt.ConnectionClosed closed)
    {
        if (!closed.Undelivered.IsEmpty)
            CommandForm.WritePackets(to, closed.Undelivered);
    }

    public static Mqtt.ConnectionClosed ReadUndelivered(WireReader from, Mqtt.ConnectionClosed closed) =>
        from.Rest.IsEmpty ? closed : closed with { Undelivered = CommandForm.ReadPackets(from) };

    public static Mqtt.ErrorClosed ReadErrorClosed(WireReader from) => new((CloseReason)from.Byte(), from.Text())
    {
        ReasonCode = ReadCode(from),
        Header = from.Bool() ? new FixedHeader(from.Byte(), from.Int()) : null,
    };

    public static void Write(WireWriter to, TextPublish publish)
    {
        PacketForm.Write(to, publish.Packet);
        to.Text(publish.Payload);
    }

    public static TextPublish ReadTextPublish(WireReader from) => new((Publish)PacketForm.Read(from)!, from.Text());

    private static void WriteCode(WireWriter to, ReasonCode? code)
    {
        to.Bool(code is not null);
        if (code is { } known)
            to.Byte((byte)known);
    }

    private static ReasonCode? ReadCode(WireReader from) => from.Bool() ? (ReasonCode)from.Byte() : null;
}
