using Akka.Event;
using Akka.Mqtt.Logs;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Shared;
using Akka.TestKit;
using Xunit.Abstractions;

namespace Akka.Mqtt.Server.Tests.Admin;

/// <summary>What a client can make the server write to the log: a few lines, then a count.</summary>
public sealed class LogFloodSpec(ITestOutputHelper output) : ProbeServerSpec(output)
{
    [Fact]
    public async Task A_flood_of_refused_subscriptions_is_a_few_lines_and_a_count()
    {
        const int flood = 1000;
        var clock = new StoppedClock();
        var server = await StartAsync(ServerContext.Create(Settings("max-topic-levels = 2, drop-report-interval = 20ms"), clock));
        var lines = Watch<Info>();
        var summary = Watch<Info>();
        var client = await ClientAsync(server, "c");
        await client.SendPacketAsync(new Subscribe(1, [.. Enumerable.Range(0, flood).Select(at => new Subscription($"a/b/{at}"))]));
        var answer = await client.ExpectPacketAsync<SubAck>(Soon);
        Assert.All(answer.ReasonCodes, code => Assert.Equal(ReasonCode.TopicFilterInvalid, code));
        for (var at = 0; at < RefusalLog.LinesPerAddress; at++)
            await lines.FishForMessageAsync(message => Is(message, "may not subscribe"), Soon);
        clock.Advance(RefusalLog.Window);
        var line = (Info)await summary.FishForMessageAsync(message => Is(message, " more "), Soon);
        Assert.StartsWith($"{flood - RefusalLog.LinesPerAddress} more refused subscriptions from 127.0.0.1", $"{line.Message}", StringComparison.Ordinal);
        while (lines.HasMessages)
            Assert.False(Is(await lines.ReceiveOneAsync(Soon), "may not subscribe"));

        static bool Is(object message, string text) => $"{((LogEvent)message).Message}".Contains(text, StringComparison.Ordinal);
    }

    private TestProbe Watch<T>()
    {
        var probe = CreateTestProbe();
        Sys.EventStream.Subscribe(probe, typeof(T));
        return probe;
    }
}
