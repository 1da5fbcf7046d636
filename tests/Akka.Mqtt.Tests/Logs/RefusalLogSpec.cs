using System.Net;
using Akka.Event;
using Akka.Mqtt.Logs;
using Microsoft.Extensions.Time.Testing;
using Xunit;
using Xunit.Abstractions;

namespace Akka.Mqtt.Tests.Logs;

public class RefusalLogSpec : global::Akka.TestKit.Xunit2.TestKit
{
    private readonly FakeTimeProvider _clock = new();
    private readonly RefusalLog _refusals;
    private readonly ILoggingAdapter _log;

    public RefusalLogSpec(ITestOutputHelper output)
        : base(TestSystem.Configured("akka.loglevel = DEBUG"), null, output)
    {
        _refusals = new RefusalLog(_clock);
        _log = Sys.GetSafeLogger(typeof(RefusalLogSpec));
        Sys.EventStream.Subscribe(TestActor, typeof(Warning));
    }

    [Fact]
    public async Task An_address_gets_some_lines_and_then_a_summary()
    {
        Assert.Equal(RefusalLog.LinesPerAddress, Refuse("10.0.0.1", 100_000));
        Assert.True(_refusals.Admits(At("10.0.0.2"), _log)); // others are still seen
        _refusals.Report(_log);
        await ExpectNoMsgAsync(TimeSpan.FromMilliseconds(50));
        _clock.Advance(RefusalLog.Window);
        _refusals.Report(_log);
        Assert.Equal("99995 more refusals from 10.0.0.1 within 10 s", await LineAsync());
        Assert.True(_refusals.Admits(At("10.0.0.1"), _log)); // a new window
        await ExpectNoMsgAsync(TimeSpan.FromMilliseconds(50));
    }

    [Fact]
    public async Task A_refusal_after_the_window_brings_the_summary_with_it()
    {
        Refuse("10.0.0.1", 7);
        _clock.Advance(RefusalLog.Window);
        Assert.True(_refusals.Admits(At("10.0.0.9"), _log));
        Assert.StartsWith("2 more refusals from 10.0.0.1", await LineAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task After_a_flood_the_summary_comes_by_itself()
    {
        Refuse("10.0.0.1", 7);
        _clock.Advance(RefusalLog.Window - TimeSpan.FromSeconds(1));
        await ExpectNoMsgAsync(TimeSpan.FromMilliseconds(50));
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.StartsWith("2 more refusals from 10.0.0.1", await LineAsync(), StringComparison.Ordinal);
        _clock.Advance(RefusalLog.Window);
        await ExpectNoMsgAsync(TimeSpan.FromMilliseconds(50)); // once
    }

    [Fact]
    public async Task Many_addresses_share_a_number_of_lines_and_the_table_of_them_is_bounded()
    {
        var lines = 0;
        for (var at = 0; at < 5000; at++)
            lines += Refuse($"10.{at / 250 % 250}.{at % 250}.1", 2);
        Assert.Equal(RefusalLog.LinesInAll, lines);
        _clock.Advance(RefusalLog.Window);
        _refusals.Report(_log);
        var told = 0;
        for (var at = 0; at < RefusalLog.MaxSummaries; at++)
            told += Count(await LineAsync());
        var last = await LineAsync();
        Assert.EndsWith("from other addresses within 10 s", last, StringComparison.Ordinal);
        Assert.Equal(10_000, lines + told + Count(last)); // none is forgotten
    }

    [Fact]
    public void A_network_of_IPv6_and_an_address_of_IPv4_in_IPv6_are_one_address_each()
    {
        Assert.Equal(5, Refuse("2001:db8::1", 3) + Refuse("2001:db8::ffff:1", 3));
        Assert.Equal(5, Refuse("10.0.0.1", 3) + Refuse("::ffff:10.0.0.1", 3));
    }

    [Fact]
    public void Peers_without_an_address_are_counted_together()
    {
        var lines = 0;
        for (var at = 0; at < 10; at++)
            lines += _refusals.Admits(null, _log) ? 1 : 0;
        Assert.Equal(RefusalLog.LinesPerAddress, lines);
    }

    [Fact]
    public async Task A_safe_logger_escapes_every_argument_and_leaves_the_template_alone()
    {
        _log.Warning("{ClientId} sent\n{Packet} and {Count:N1}", "a\nb", new Holder("c\u001bd"), 1.28);
        Assert.Equal("a\\nb sent\nc\\u001Bd and 1.3", await LineAsync());
    }

    private int Refuse(string address, int times)
    {
        var lines = 0;
        for (var at = 0; at < times; at++)
            lines += _refusals.Admits(At(address), _log) ? 1 : 0;
        return lines;
    }

    private async Task<string> LineAsync() => $"{(await ExpectMsgAsync<Warning>()).Message}";

    private static int Count(string line) => int.Parse(line.Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture);

    private static IPEndPoint At(string address) => new(IPAddress.Parse(address), 1883);

    private sealed record Holder(string Text)
    {
        public override string ToString() => Text;
    }
}
