using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Cli.Bench;

/// <summary>
/// Acknowledgements without a reason, each created once, because packets are immutable and only 65,535 of a kind exist. Thread safe; the loser of a race
/// creates an equal one.
/// </summary>
internal static class Replies
{
    private static readonly PubAck?[] PubAcks = new PubAck?[65536];
    private static readonly PubRec?[] PubRecs = new PubRec?[65536];
    private static readonly PubRel?[] PubRels = new PubRel?[65536];
    private static readonly PubComp?[] PubComps = new PubComp?[65536];

    public static PubAck PubAck(ushort packetId) => PubAcks[packetId] ??= new PubAck(packetId);

    public static PubRec PubRec(ushort packetId) => PubRecs[packetId] ??= new PubRec(packetId);

    public static PubRel PubRel(ushort packetId) => PubRels[packetId] ??= new PubRel(packetId);

    public static PubComp PubComp(ushort packetId) => PubComps[packetId] ??= new PubComp(packetId);
}
