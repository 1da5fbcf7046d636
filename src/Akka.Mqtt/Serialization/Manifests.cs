using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Serialization;

/// <summary>
/// The manifests that identify messages for other nodes and in files. A manifest keeps its meaning for ever. That of a packet is P and its
/// packet type.
/// </summary>
internal static class Manifests
{
    public const char Packet = 'P';

    public const string Connect = "CC";
    public const string Bind = "CB";
    public const string Unbind = "CU";
    public const string StartAccepting = "CL";
    public const string Register = "CR";
    public const string Request = "CQ";
    public const string SuspendReading = "CS";
    public const string ResumeReading = "CE";
    public const string Write = "CW";
    public const string WriteBatch = "CM";
    public const string Close = "CX";
    public const string Abort = "CA";

    public const string Connected = "EC";
    public const string Bound = "EB";
    public const string Unbound = "EU";
    public const string CommandFailed = "EF";
    public const string Received = "ER";
    public const string InvalidPayload = "EI";
    public const string InboundClosed = "EH";
    public const string Closing = "EG";
    public const string Closed = "EX";
    public const string Aborted = "EA";
    public const string PeerClosed = "EP";
    public const string ErrorClosed = "EE";

    public const string TextPublish = "T";
    public const string Transport = "IT";
    public const string Settings = "IS";

    private static readonly string[] Packets = [.. Enumerable.Range(0, 16).Select(type => $"{Packet}{type}")];

    /// <summary>The manifest of a message; null if it is not one of ours.</summary>
    public static string? Of(object message) => message switch
    {
        MqttPacket packet => Packets[(int)packet.Type],
        Mqtt.Connect => Connect,
        Mqtt.Bind => Bind,
        Mqtt.Unbind => Unbind,
        Mqtt.StartAccepting => StartAccepting,
        Mqtt.Register => Register,
        Mqtt.Request => Request,
        Mqtt.SuspendReading => SuspendReading,
        Mqtt.ResumeReading => ResumeReading,
        Mqtt.Write => Write,
        Mqtt.WriteBatch => WriteBatch,
        Mqtt.Close => Close,
        Mqtt.Abort => Abort,
        Mqtt.Connected => Connected,
        Mqtt.Bound => Bound,
        Mqtt.Unbound => Unbound,
        Mqtt.CommandFailed => CommandFailed,
        Mqtt.Received => Received,
        Mqtt.InvalidPayload => InvalidPayload,
        Mqtt.InboundClosed => InboundClosed,
        Mqtt.Closing => Closing,
        Mqtt.Closed => Closed,
        Mqtt.Aborted => Aborted,
        Mqtt.PeerClosed => PeerClosed,
        Mqtt.ErrorClosed => ErrorClosed,
        Akka.Mqtt.TextPublish => TextPublish,
        TransportInfo => Transport,
        MqttConnectionSettings => Settings,
        _ => null,
    };
}
