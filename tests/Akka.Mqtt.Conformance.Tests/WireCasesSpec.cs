using System.Net.Sockets;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Conformance;

/// <summary>
/// What a client must not send: each row of <c>wire-cases.tsv</c>, as bytes over TCP. The server must end the connection by itself, with the
/// last words that the version has; or, where the standard leaves the choice, refuse in SUBACK. The rows name the statements they prove.
/// </summary>
public sealed class WireCasesSpec(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    public static TheoryData<string, string> Cases
    {
        get
        {
            var cases = new TheoryData<string, string>();
            foreach (var row in Vectors.Rows("wire-cases.tsv"))
                cases.Add(row[0], row[5]);
            return cases;
        }
    }

    public static TheoryData<string> BadVectors =>
        [.. Vectors.Rows("packet-vectors.tsv").Where(row => row[2] is "c2s" or "both" && row[4] is not ("ok" or "incomplete")).Select(row => row[0])];

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task The_server_refuses(string version, string text)
    {
        var row = Vectors.Rows("wire-cases.tsv").Single(each => each[0] == version && each[5] == text);
        var answer = await ExchangeAsync(Vectors.Version(version), row[2] == "open", Convert.FromHexString(row[3]));
        Assert.Contains(answer, row[4].Split('|'));
    }

    [Theory]
    [MemberData(nameof(BadVectors))]
    [Proves("3.1.1", "MQTT-4.8.0-1")]
    [Proves("5.0", "MQTT-4.13.1-1", "MQTT-4.13.2-1")]
    public async Task The_server_ends_the_connection_on_every_bad_packet_of_the_table(string id)
    {
        var row = Vectors.Rows("packet-vectors.tsv").Single(each => each[0] == id);
        var answer = await ExchangeAsync(Vectors.Version(row[1]), row[3] != "CONNECT", Convert.FromHexString(row[5]));
        Assert.True(answer == "close" || Convert.ToByte(answer, 16) > 0, answer);
    }

    /// <summary>Sends bytes, after a CONNECT of the version if asked for, and reads until the server closes or answers SUBACK.</summary>
    private async Task<string> ExchangeAsync(MqttVersion version, bool connect, byte[] bytes)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(fixture.Address);
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        var received = new List<byte>();
        var buffer = new byte[1024];
        if (connect)
        {
            var hello = new Connect { ClientId = $"wire-{Guid.NewGuid():N}", Version = version };
            await socket.SendAsync(MqttEncoder.Encode(hello, version));
            Assert.True(await socket.ReceiveAsync(buffer, deadline.Token) > 3 && buffer[0] == 0x20 && buffer[3] == 0);
        }
        await socket.SendAsync(bytes);
        var answer = "close";
        while (true)
        {
            int count;
            try
            {
                count = await socket.ReceiveAsync(buffer, deadline.Token);
            }
            catch (SocketException)
            {
                return answer;
            }
            if (count == 0)
                return answer;
            received.AddRange(buffer[..count]);
            while (received.Count > 1 && received.Count >= 2 + received[1])
            {
                var body = received.GetRange(2, received[1]);
                var type = (MqttPacketType)(received[0] >> 4);
                received.RemoveRange(0, 2 + body.Count);
                answer = type switch
                {
                    MqttPacketType.ConnAck => $"{body[1]:x2}",
                    MqttPacketType.Disconnect => body.Count == 0 ? "00" : $"{body[0]:x2}",
                    MqttPacketType.SubAck => $"{body[^1]:x2}",
                    _ => throw new Xunit.Sdk.XunitException($"The server answered {type}."),
                };
                if (type == MqttPacketType.SubAck)
                    return answer;
            }
        }
    }
}
