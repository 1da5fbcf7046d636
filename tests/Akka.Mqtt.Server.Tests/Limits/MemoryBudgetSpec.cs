using Akka.Configuration;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server.Limits;
using Akka.Mqtt.Server.Shared;

namespace Akka.Mqtt.Server.Tests;

public class MemoryBudgetSpec
{
    private static MqttServerLimits Limits(string config) =>
        MqttServerSettings.Create(ConfigurationFactory.ParseString($"akka.mqtt.server {{ {config} }}")).Limits;

    private static MemoryBudget Budget(string config = "memory { limit = 1000000 B, shares.queued = 0.1 }") => new(Limits(config));

    [Fact]
    public void A_kind_has_its_share_of_the_limit_and_what_is_returned_is_free_at_once()
    {
        var budget = Budget();
        Assert.Equal(100_000, budget.Bound(MemoryKind.Queued));
        Assert.True(budget.TryTake(MemoryKind.Queued, 100_000));
        Assert.False(budget.TryTake(MemoryKind.Queued, 1));
        Assert.Equal(1, budget.Refusals(MemoryKind.Queued));
        Assert.True(budget.TryTake(MemoryKind.Retained, 1)); // another kind has bytes of its own
        Assert.Equal(100_001, budget.Total);
        budget.Return(MemoryKind.Queued, 100_000);
        Assert.True(budget.TryTake(MemoryKind.Queued, 100_000));
    }

    [Fact]
    public void What_must_be_kept_is_counted_beyond_the_bound()
    {
        var budget = Budget();
        budget.Take(MemoryKind.InFlight, 10_000_000);
        Assert.Equal(10_000_000, budget.Used(MemoryKind.InFlight));
        Assert.False(budget.TryTake(MemoryKind.InFlight, 1));
    }

    [Fact]
    public void Large_owners_stop_growing_and_a_new_one_always_finds_room()
    {
        var budget = Budget();
        var held = new long[300];
        for (var round = 0; round < 2000; round++)
        {
            for (var at = 0; at < held.Length; at++)
            {
                if (budget.TryTake(MemoryKind.Queued, 10, held[at]))
                    held[at] += 10;
            }
        }
        Assert.Equal(held.Sum(), budget.Used(MemoryKind.Queued));
        Assert.InRange(held.Sum(), 90_000, 100_000);
        Assert.InRange(held.Min(), held.Max() / 2, held.Max());
        Assert.True(budget.TryTake(MemoryKind.Queued, 100, 0));
    }

    [Fact]
    public void One_owner_gets_two_thirds_of_a_kind()
    {
        var budget = Budget();
        Assert.True(budget.TryTake(MemoryKind.Queued, 66_000, 0));
        Assert.False(budget.TryTake(MemoryKind.Queued, 2_000, 66_000));
        Assert.True(budget.TryTake(MemoryKind.Queued, 2_000, 0));
    }

    [Fact]
    public void Without_a_limit_everything_is_counted_and_nothing_refused()
    {
        var budget = Budget("memory.limit = off");
        Assert.True(budget.TryTake(MemoryKind.Queued, 1L << 50, 1L << 50));
        Assert.True(budget.TryTake(MemoryKind.Subscriptions, 1L << 50));
        Assert.Equal(1L << 51, budget.Total);
    }

    [Fact]
    public void The_limit_is_what_the_runtime_may_use_unless_it_is_set() =>
        Assert.Equal(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes, Budget("").Limit);

    [Fact]
    public void Shares_of_more_than_nine_tenths_fail_the_start_with_their_key()
    {
        var settings = MqttServerSettings.Create(ConfigurationFactory.Empty);
        settings = settings with { Limits = settings.Limits with { Memory = settings.Limits.Memory with { Queued = 0.8 } } };
        var set = Assert.Throws<ConfigurationException>(() => ServerContext.Create(settings));
        var config = ConfigurationFactory.ParseString("akka.mqtt.server.memory.shares.queued = 0.8");
        var read = Assert.Throws<ConfigurationException>(() => MqttServerSettings.Create(config));
        Assert.All([set, read], failure => Assert.Contains("memory.shares", failure.Message, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1.5)]
    [InlineData(double.NaN)]
    public void A_share_that_is_none_is_refused_however_it_is_set(double share)
    {
        var memory = Limits("").Memory;
        var failure = Assert.Throws<ConfigurationException>(() => memory with { InFlight = share });
        Assert.Contains("memory.shares.in-flight", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_CONNECT_with_many_user_properties_costs_at_least_what_they_keep()
    {
        var properties = MqttList.From(Enumerable.Range(0, 1000).Select(_ => new UserProperty("a", "b")));
        var connect = new Connect { ClientId = "c", Properties = new ConnectProperties { UserProperties = properties } };
        Assert.InRange(MemoryCost.OfConnect(connect), 96_000, 200_000);
    }
}
