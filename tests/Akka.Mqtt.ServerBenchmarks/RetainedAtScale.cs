using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Retained;

namespace Akka.Mqtt.ServerBenchmarks;

/// <summary>Retained messages in great number: bytes beside the message itself, time to store, and time to find by filters, beside a scan of all topics.</summary>
internal static class RetainedAtScale
{
    public static void Run(int count)
    {
        var packets = Enumerable.Range(0, count).Select(at => new Publish($"devices/{at:D6}/state", new byte[16]) { Retain = true }).ToArray();
        var naive = packets.ToDictionary(packet => packet.Topic, StringComparer.Ordinal);
        var before = Rounds.Live();
        var index = new RetainedIndex(int.MaxValue, long.MaxValue);
        var set = Rounds.Once(count, () =>
        {
            foreach (var packet in packets)
                index.Set(packet, 0);
        });
        var bytes = Rounds.Live() - before;
        var random = new Random(1);
        var replace = Rounds.Compare(times =>
        {
            for (; times > 0; times--)
                index.Set(packets[random.Next(count)], 0);
        });
        Rounds.Print($"{count:N0} retained messages: {bytes / count} bytes each beside the packet; to store {set:F0} ns, to replace {replace[0].Nanoseconds:F0} ns");
        Rounds.Print($"{"",-24}{"found",10}{"scan of all, µs",18}{"index, µs",14}{"ns a message found",22}{"bytes allocated",18}");
        foreach (var filter in (string[])[$"devices/{count / 2:D6}/state", $"devices/{count / 2:D6}/#", $"+/{count / 2:D6}/+", "devices/+/state", "devices/#", "#", "devices/+/none"])
        {
            var found = 0;
            var sides = Rounds.Compare(
                times =>
                {
                    for (; times > 0; times--)
                    {
                        foreach (var topic in naive.Keys)
                            _ = TopicFilter.Matches(filter, topic);
                    }
                },
                times =>
                {
                    for (; times > 0; times--)
                    {
                        found = 0;
                        foreach (var message in index.Match(filter))
                            found++;
                    }
                });
            Rounds.Print($"{filter,-24}{found,10:N0}{sides[0].Nanoseconds / 1000,18:N1}{sides[1].Nanoseconds / 1000,14:N2}{sides[1].Nanoseconds / Math.Max(1, found),22:N0}{sides[1].Bytes,18:N0}");
        }
    }
}
