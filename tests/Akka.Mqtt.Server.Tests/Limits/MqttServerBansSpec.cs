using System.Net;
using Microsoft.Extensions.Time.Testing;

namespace Akka.Mqtt.Server.Tests;

public sealed class MqttServerBansSpec
{
    private static readonly IPAddress Address = IPAddress.Parse("192.0.2.1");

    private readonly FakeTimeProvider _clock = new();
    private readonly MqttServerBans _bans;

    public MqttServerBansSpec() => _bans = new MqttServerBans(_clock);

    [Fact]
    public void A_client_identifier_is_banned_until_the_time_is_over()
    {
        _bans.Add("a", TimeSpan.FromMinutes(1));
        _bans.Add("b");
        Assert.True(_bans.Contains("a", null));
        Assert.False(_bans.Contains("A", null));
        Assert.Equal([("a", (DateTimeOffset?)_clock.GetUtcNow().AddMinutes(1)), ("b", null)], _bans.List().Select(each => (each.ClientId!, each.Until)));
        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.False(_bans.Contains("a", null));
        Assert.True(_bans.Contains("b", null));
        Assert.Equal("b", Assert.Single(_bans.List()).ClientId);
        Assert.False(_bans.Remove("a"));
        Assert.True(_bans.Remove("b"));
        Assert.False(_bans.Contains("b", null));
    }

    [Fact]
    public void An_address_is_banned_in_both_ways_to_write_it_and_with_any_port()
    {
        _bans.Add(Address.MapToIPv6());
        Assert.True(_bans.Contains("a", new IPEndPoint(Address, 1)));
        Assert.True(_bans.Contains("b", new IPEndPoint(Address.MapToIPv6(), 2)));
        Assert.False(_bans.Contains("a", new IPEndPoint(IPAddress.Parse("192.0.2.2"), 1)));
        Assert.Equal(Address, Assert.Single(_bans.List()).Address);
        Assert.True(_bans.Remove(Address));
        Assert.False(_bans.Contains("a", new IPEndPoint(Address, 1)));
    }

    [Fact]
    public void A_ban_that_is_there_gets_a_new_end()
    {
        _bans.Add("a", TimeSpan.FromMinutes(1));
        _bans.Add("a", TimeSpan.FromMinutes(2));
        _clock.Advance(TimeSpan.FromMinutes(1));
        Assert.True(_bans.Contains("a", null));
        Assert.Single(_bans.List());
    }

    [Fact]
    public void Time_that_is_too_long_for_a_clock_has_no_end()
    {
        _bans.Add("a", TimeSpan.MaxValue);
        Assert.Null(Assert.Single(_bans.List()).Until);
        Assert.Throws<ArgumentOutOfRangeException>(() => _bans.Add("a", TimeSpan.Zero));
        Assert.Throws<ArgumentException>(() => _bans.Add(""));
    }
}
