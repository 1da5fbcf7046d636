using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Telemetry;

namespace Akka.Mqtt.Server.Tests;

public sealed class RefusalHistorySpec
{
    [Fact]
    public void The_last_refusals_are_kept_and_no_text_is_longer_than_the_limit()
    {
        var history = new RefusalHistory();
        for (var at = 0; at <= RefusalHistory.Capacity; at++)
            history.Add(DateTimeOffset.UnixEpoch.AddSeconds(at), $"{at}{new string('x', 1000)}", null, ReasonCode.Banned, null);
        var entries = history.List();
        Assert.Equal(RefusalHistory.Capacity, entries.Count);
        Assert.StartsWith($"{RefusalHistory.Capacity}x", entries[0].ClientId, StringComparison.Ordinal);
        Assert.StartsWith("1x", entries[^1].ClientId, StringComparison.Ordinal);
        Assert.All(entries, entry => Assert.Equal(RefusalHistory.MaxText, entry.ClientId.Length));
    }
}
