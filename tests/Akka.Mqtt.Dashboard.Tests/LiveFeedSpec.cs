using System.Diagnostics;
using System.Text.Json;
using Akka.Actor;
using Akka.Configuration;
using Akka.Mqtt.Dashboard.Answers;
using Akka.Mqtt.Dashboard.Live;
using Akka.Mqtt.Server;
using Akka.Mqtt.Server.Clients;
using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Routing;
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

    [Fact]
    public void A_tick_costs_the_same_with_100_000_clients_as_with_10()
    {
        var (few, many) = (ContextWith(10), ContextWith(100_000));
        var (ofFew, ofMany) = (CostOf(few), CostOf(many));
        Assert.InRange(ofMany.Bytes, 0, ofFew.Bytes + 512); // the digits of the figures
        // The quickest of many: what else the machine does makes single ones slower. Looking at 100,000 clients takes milliseconds.
        Assert.InRange(ofMany.Microseconds, 0, 5 * Math.Max(50, ofFew.Microseconds));
    }

    private ServerContext ContextWith(int clients)
    {
        var context = ServerContext.Create(MqttServerSettings.Create(ConfigurationFactory.Empty), _clock);
        for (var at = 0; at < clients; at++)
        {
            var key = new SessionKey("", null, $"client-{at}");
            context.Clients.Add(new ClientEntry(key, new ActorTarget(key.ClientId, ActorRefs.Nobody, 1)));
            context.Stats.AddSession(1);
            context.Stats.AddConnected(1);
        }
        return context;
    }

    /// <summary>What a tick of a feed with a watcher costs, its JSON included.</summary>
    private (long Bytes, double Microseconds) CostOf(ServerContext context)
    {
        using var watch = new LiveFeed(context, 1).TryWatch()!;
        var (bytes, time) = (long.MaxValue, TimeSpan.MaxValue);
        for (var tick = 0; tick < 100; tick++)
        {
            var (before, began) = (GC.GetAllocatedBytesForCurrentThread(), Stopwatch.GetTimestamp());
            _clock.Advance(LiveFeed.Interval);
            var took = Stopwatch.GetElapsedTime(began);
            (bytes, time) = (Math.Min(bytes, GC.GetAllocatedBytesForCurrentThread() - before), took < time ? took : time);
        }
        return (bytes, time.TotalMicroseconds);
    }

    private async Task<(double Received, double Sent, double Dropped)> NextAsync(LiveFeed.Watch watch)
    {
        var next = watch.NextAsync(default);
        _clock.Advance(LiveFeed.Interval);
        var sample = JsonSerializer.Deserialize<LiveSample>((await next).AsSpan()["data: ".Length..], DashboardJson.Options)!;
        return (sample.MessagesReceived, sample.BytesSent, sample.Dropped);
    }
}
