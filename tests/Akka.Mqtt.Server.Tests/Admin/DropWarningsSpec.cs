using Akka.Mqtt.Server.Admin;

namespace Akka.Mqtt.Server.Tests;

public class DropWarningsSpec
{
    private readonly DropWarnings _warnings = new();

    [Fact]
    public void When_a_limit_begins_to_drop_one_line_names_its_keys()
    {
        Assert.Contains("akka.mqtt.server.max-queued-messages", _warnings.Dropped(DropReason.QueueFull, TimeSpan.FromSeconds(100)), StringComparison.Ordinal);
        for (var second = 101; second < 1000; second++)
            Assert.Null(_warnings.Dropped(DropReason.QueueFull, TimeSpan.FromSeconds(second)));
        Assert.NotNull(_warnings.Dropped(DropReason.SessionBehind, TimeSpan.FromSeconds(1000)));
    }

    [Fact]
    public void When_nothing_was_dropped_for_a_minute_it_begins_again()
    {
        Assert.NotNull(_warnings.Dropped(DropReason.QueueFull, TimeSpan.Zero));
        Assert.Null(_warnings.Dropped(DropReason.QueueFull, TimeSpan.FromSeconds(59)));
        Assert.NotNull(_warnings.Dropped(DropReason.QueueFull, TimeSpan.FromSeconds(119)));
    }

    [Fact]
    public void What_no_limit_of_the_server_drops_has_no_line() => Assert.Null(_warnings.Dropped(DropReason.Offline, TimeSpan.Zero));
}
