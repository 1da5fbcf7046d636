using System.Text.Json;
using Akka.Mqtt.Protocol.Codec;

namespace Akka.Mqtt.Protocol.Tests;

/// <summary>A row of packet-vectors.tsv.</summary>
public sealed record PacketVector(string Id, MqttVersion Version, string Direction, string Type, string Result, byte[] Bytes, JsonElement Expected)
{
    public static IReadOnlyList<PacketVector> All { get; } = [.. VectorTable.Rows("packet-vectors.tsv").Select(Parse)];

    public static PacketVector ById(string id) => All.First(vector => vector.Id == id);

    /// <summary>A decoder as the receiver of this packet would own it: a server learns the version from CONNECT.</summary>
    public MqttDecoder Decoder() => new(
        Direction switch { "c2s" => MqttRole.Server, "s2c" => MqttRole.Client, _ => null },
        Type == "CONNECT" ? null : Version);

    public MqttRole? Sender => Direction switch { "c2s" => MqttRole.Client, "s2c" => MqttRole.Server, _ => null };

    /// <summary>Whether an error is of the class that the table asks for.</summary>
    public bool Accepts(PacketError error) => Result.Split('|').Any(result => result switch
    {
        "malformed" => error.ReasonCode == ReasonCode.MalformedPacket,
        "protocol-error" => error.ReasonCode.IsFailure() && error.ReasonCode != ReasonCode.MalformedPacket,
        "unsupported-version" => (object)error.Message == PacketProblem.ProtocolLevel && error.ReasonCode == ReasonCode.UnsupportedProtocolVersion,
        "unsupported-protocol" => (object)error.Message == PacketProblem.ProtocolName && error.ReasonCode == ReasonCode.UnsupportedProtocolVersion,
        "client-id-rejected" => error.ReasonCode == ReasonCode.ClientIdentifierNotValid,
        _ => false,
    });

    private static PacketVector Parse(string[] row) => new(
        row[0],
        row[1] switch { "3.1" => MqttVersion.V31, "3.1.1" => MqttVersion.V311, _ => MqttVersion.V5 },
        row[2],
        row[3],
        row[4],
        Convert.FromHexString(row[5]),
        JsonDocument.Parse(row[7]).RootElement.Clone());
}
