using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Akka.Mqtt.Fuzz;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Soak;

/// <summary>
/// Cases, one after the other: damaged bytes before or after CONNECT, or whole packets in any order, in one write or in pieces; then the
/// connection is closed, reset, half-closed, or left for later. After each case the witnesses are asked.
/// </summary>
internal static class Fuzzer
{
    private const int MostLeftOpen = 40;

    public static async Task<int> RunAsync(TimeSpan duration, int seed, int? port, bool isBusy)
    {
        await using var host = await Host.StartAsync(port);
        using var witnesses = await Witnesses.StartAsync(host.Address, isBusy);
        var mutator = new Mutator(seed);
        var open = new Queue<Client>();
        var clock = Stopwatch.StartNew();
        long bytes = 0;
        var cases = 0;
        var kinds = new int[3];
        while (clock.Elapsed < duration)
        {
            var kind = mutator.Below(3);
            kinds[kind]++;
            var (connect, input) = Case(kind, mutator);
            bytes += input.Length;
            await SendAsync(host.Address, connect, input, mutator, open);
            cases++;
            if (await witnesses.CheckAsync() is not { } problem)
                continue;
            Console.WriteLine($"FAILED case {cases} of seed {seed}: {problem}\n  CONNECT: {connect}\n  input: {Convert.ToHexStringLower(input)}");
            return 1;
        }
        foreach (var client in open)
            client.Dispose();
        Console.WriteLine(FormattableString.Invariant(
            $"fuzz: {cases} cases, {bytes} bytes, seed {seed}, {clock.Elapsed.TotalSeconds:F0} s: no failure; {kinds[0]} damaged before CONNECT, {kinds[1]} after it, {kinds[2]} random sequences; {witnesses.Times()}; the idle client undisturbed"));
        return 0;
    }

    private static (Connect? Connect, byte[] Input) Case(int kind, Mutator mutator)
    {
        var input = mutator.Next(out var version);
        if (kind == 0)
            return (null, input);
        var five = version == MqttVersion.V5;
        var connect = new Connect
        {
            ClientId = $"fuzz-{mutator.Below(20)}", // few, so that they take over from each other
            Version = version,
            CleanStart = mutator.Below(2) == 0,
            KeepAlive = (ushort)mutator.Below(3),
            Will = mutator.Below(3) == 0 ? new Will($"will/{mutator.Below(5)}", "x") { QoS = (QualityOfService)mutator.Below(3), Retain = mutator.Below(2) == 0 } : null,
            Properties = !five || mutator.Below(2) == 0 ? null : new ConnectProperties
            {
                SessionExpiryInterval = (uint)mutator.Below(5),
                ReceiveMaximum = (ushort)(1 + mutator.Below(10)),
                MaximumPacketSize = mutator.Below(2) == 0 ? null : (uint)(1 + mutator.Below(100)),
                TopicAliasMaximum = (ushort)mutator.Below(4),
            },
        };
        return (connect, kind == 1 ? input : Sequence(version, mutator));
    }

    /// <summary>Packets that are valid by themselves, in an order that no client has.</summary>
    private static byte[] Sequence(MqttVersion version, Mutator mutator)
    {
        var bytes = new List<byte>();
        for (var left = 1 + mutator.Below(30); left > 0; left--)
        {
            var id = (ushort)(1 + mutator.Below(4));
            var qos = (QualityOfService)mutator.Below(3);
            MqttPacket packet = mutator.Below(12) switch
            {
                0 => new Subscribe(id, new Subscription(Filter(mutator), qos)),
                1 => new Unsubscribe(id, Filter(mutator)),
                2 => new PubAck(id),
                3 => new PubRec(id),
                4 => new PubRel(id),
                5 => new PubComp(id),
                6 => new PingReq(),
                7 when mutator.Below(4) == 0 => new Disconnect(),
                8 when mutator.Below(8) == 0 => new Connect { ClientId = "again", Version = version },
                _ => new Publish($"t/{mutator.Below(5)}", new byte[mutator.Below(200)])
                {
                    QoS = qos,
                    PacketId = qos == QualityOfService.AtMostOnce ? (ushort)0 : id,
                    Retain = mutator.Below(4) == 0,
                    Dup = qos != QualityOfService.AtMostOnce && mutator.Below(3) == 0,
                    Properties = version != MqttVersion.V5 || mutator.Below(2) == 0 ? null : new PublishProperties
                    {
                        TopicAlias = mutator.Below(3) == 0 ? (ushort)(1 + mutator.Below(20)) : null,
                        MessageExpiryInterval = mutator.Below(2) == 0 ? null : (uint)mutator.Below(3),
                    },
                },
            };
            bytes.AddRange(MqttEncoder.Encode(packet, version));
        }
        return [.. bytes];
    }

    private static string Filter(Mutator mutator) => mutator.Below(7) switch
    {
        0 => "t/#",
        1 => "t/+",
        2 => "will/#",
        3 => $"$share/g/t/{mutator.Below(5)}",
        4 => "$share/h/t/#",
        _ => $"t/{mutator.Below(5)}",
    };

    private static async Task SendAsync(IPEndPoint address, Connect? connect, byte[] input, Mutator mutator, Queue<Client> open)
    {
        var client = await Client.DialAsync(address);
        try
        {
            if (connect is not null)
                await client.HelloAsync(connect);
            for (var at = 0; at < input.Length;)
            {
                var piece = mutator.Below(3) == 0 ? 1 + mutator.Below(input.Length - at) : input.Length - at;
                await client.SendAsync(input.AsMemory(at, piece));
                at += piece;
            }
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException)
        {
            // refused already, or left lying: what the witnesses say decides
        }
        switch (mutator.Below(4))
        {
            case 0:
                client.Reset();
                return;
            case 1:
                client.Dispose();
                return;
            case 2:
                try
                {
                    client.HalfClose();
                }
                catch (SocketException)
                {
                    // closed by the server already
                }
                break;
        }
        open.Enqueue(client); // nobody reads it any more
        if (open.Count > MostLeftOpen)
            open.Dequeue().Reset();
    }
}
