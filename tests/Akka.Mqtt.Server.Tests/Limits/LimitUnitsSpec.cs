using System.Net;
using Akka.Mqtt.Server.Limits;
using Akka.Mqtt.Server.SysTopics;

namespace Akka.Mqtt.Server.Tests;

public class LimitUnitsSpec
{
    private static MqttServerLimits Limits(string config) =>
        MqttServerSettings.Create(Configuration.ConfigurationFactory.ParseString($"akka.mqtt.server {{ {config} }}")).Limits;

    [Fact]
    public void A_bucket_gives_its_burst_and_then_its_rate()
    {
        var bucket = new TokenBucket(10, 3);
        for (var at = 0; at < 3; at++)
        {
            Assert.True(bucket.HasAny(1000));
            bucket.Take(1);
        }
        Assert.False(bucket.HasAny(1000));
        Assert.Equal(100, bucket.Wait);
        Assert.False(bucket.HasAny(1099));
        Assert.True(bucket.HasAny(1100));
    }

    [Fact]
    public void A_bucket_in_debt_pays_before_it_gives_again()
    {
        var bucket = new TokenBucket(100, 100);
        Assert.True(bucket.HasAny(0));
        bucket.Take(600);
        Assert.False(bucket.HasAny(4000));
        Assert.True(bucket.HasAny(0 + 5010));
    }

    [Fact]
    public void A_watermark_falls_only_when_there_is_some_room_below_it()
    {
        var watermark = new MemoryWatermark(Limits("memory { refuse-connects-at = 0.8, drop-qos0-at = 0.9, disconnect-at = off }"));
        Assert.Equal(LoadLevel.Normal, watermark.Update(0.79));
        Assert.Equal(LoadLevel.RefuseConnects, watermark.Update(0.80));
        Assert.Equal(LoadLevel.DropQoS0, watermark.Update(0.99));
        Assert.Equal(LoadLevel.DropQoS0, watermark.Update(0.88));
        Assert.Equal(LoadLevel.RefuseConnects, watermark.Update(0.86));
        Assert.Equal(LoadLevel.RefuseConnects, watermark.Update(0.78));
        Assert.Equal(LoadLevel.Normal, watermark.Update(0.76));
    }

    [Fact]
    public void Flapping_is_counted_for_so_many_clients_and_forgotten_after_the_window()
    {
        var guard = FlappingGuard.Of(Limits("flapping { max-connects = 1, window = 10 s, ban = 10 s, max-clients = 2 }"))!;
        var home = new IPEndPoint(IPAddress.Loopback, 1);
        Assert.True(guard.TryConnect("a", home, 0));
        Assert.True(guard.TryConnect("b", home, 0));
        Assert.True(guard.TryConnect("c", home, 0));
        Assert.True(guard.TryConnect("c", home, 0)); // there was no room to count it
        Assert.False(guard.TryConnect("a", home, 1));
        Assert.True(guard.TryConnect("a", new IPEndPoint(IPAddress.IPv6Loopback, 1), 1)); // another address is another client
        Assert.Equal(2, guard.Count);
        Assert.True(guard.TryConnect("d", home, 11_000)); // b's window is over: room again
        Assert.False(guard.TryConnect("d", home, 11_000));
        Assert.True(guard.TryConnect("a", home, 12_000)); // the ban is over
    }

    [Fact]
    public void Load_averages_go_towards_the_rate()
    {
        var load = new LoadAverage();
        for (var at = 1; at <= 600; at++)
            load.Update(at * 100, 1);
        var values = load.Values().ToDictionary(each => each.Name, each => each.Value);
        Assert.Equal(6000, values["1min"], 5.0);
        Assert.InRange(values["5min"], 5000, 6000);
        Assert.InRange(values["15min"], 2500, 3500);
    }
}
