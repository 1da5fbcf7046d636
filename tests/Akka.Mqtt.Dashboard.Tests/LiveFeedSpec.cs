using System.Text.Json;
using Akka.Configuration;
using Akka.Mqtt.Dashboard.Answers;
using Akka.Mqtt.Dashboard.Live;
using Akka.Mqtt.Server;
using Akka.Mqtt.Server.Shared;
using Akka.Mqtt.Server.Telemetry;
using Microsoft.Extensions.Time.Testing;

namespace Akka.Mqtt.Dashboard.Tests;

/// <summary>One sample a second for all who watch, by virtual time.</summary>
public sealed class LiveFeedSpec
{
    private readonly FakeTimeProvider _clock = new();
    private readonly ServerContext _context;

    public LiveFeedSpec() => _context = ServerContext.Create(MqttServerSettings.Create(ConfigurationFactory.Empty), _clock);

    [Fact]
    public async Task All_who_watch_get_the_same_bytes()
    {
        var feed = new LiveFeed(_context, 2);
        using var first = feed.TryWatch();
        using var second = feed.TryWatch();
        Assert.Null(feed.TryWatch());
        var (one, other) = (first!.NextAsync(default), second!.NextAsync(default));
        Assert.False(one.IsCompleted);
        _clock.Advance(LiveFeed.Interval);
        Assert.Same(await one, await other);
    }

    [Fact]
    public async Task Rates_are_per_second_since_the_sample_before()
    {
        using var watch = new LiveFeed(_context, 1).TryWatch()!;
        _context.Stats.Traffic.Add(new TrafficCounts { MessagesReceived = 50, BytesSent = 700 });
        _context.Drops.Add(DropReason.Offline, 3);
        Assert.Equal((50.0, 700.0, 3.0), await NextAsync(watch));
        Assert.Equal((0.0, 0.0, 0.0), await NextAsync(watch));
    }

    [Fact]
    public void While_nobody_watches_there_is_no_timer_and_a_place_is_free_again()
    {
        var feed = new LiveFeed(_context, 1);
        for (var at = 0; at < 3; at++)
        {
            var watch = feed.TryWatch()!;
            var next = watch.NextAsync(default);
            watch.Dispose();
            watch.Dispose();
            _clock.Advance(10 * LiveFeed.Interval);
            Assert.False(next.IsCompleted);
        }
    }

    private async Task<(double Received, double Sent, double Dropped)> NextAsync(LiveFeed.Watch watch)
    {
        var next = watch.NextAsync(default);
        _clock.Advance(LiveFeed.Interval);
        var sample = JsonSerializer.Deserialize<LiveSample>((await next).AsSpan()["data: ".Length..], DashboardJson.Options)!;
        return (sample.MessagesReceived, sample.BytesSent, sample.Dropped);
    }
}
