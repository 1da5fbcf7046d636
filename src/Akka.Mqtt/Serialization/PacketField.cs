namespace Akka.Mqtt.Serialization;

/// <summary>
/// The numbers of the fields of packets that are written field by field. A number keeps its meaning for ever; 0 ends a packet.
/// </summary>
internal static class PacketField
{
    public const byte End = 0;
    public const byte PacketId = 1;
    public const byte ReasonCode = 2;
    public const byte SessionPresent = 3;
    public const byte Topic = 4;
    public const byte Payload = 5;
    public const byte QoS = 6;
    public const byte Retain = 7;
    public const byte Dup = 8;
    public const byte Codes = 9;
    public const byte Subscriptions = 10;
    public const byte Filters = 11;
    public const byte Version = 12;
    public const byte ClientId = 13;
    public const byte CleanStart = 14;
    public const byte KeepAlive = 15;
    public const byte Will = 16;
    public const byte UserName = 17;
    public const byte Password = 18;
    public const byte Properties = 19;
    public const byte IsBridge = 20;
}
