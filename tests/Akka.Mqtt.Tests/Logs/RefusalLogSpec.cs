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
        Assert.Equal(1, Refuse("10.0.0.2", 1)); // others are still seen
        _refusals.Report(_log);
        await ExpectNoMsgAsync(TimeSpan.FromMilliseconds(50));
        _clock.Advance(RefusalLog.Window);
        _refusals.Report(_log);
        Assert.Equal("99995 more refused connections from 10.0.0.1 within 10 s", await LineAsync());
        Assert.Equal(1, Refuse("10.0.0.1", 1)); // a new window
        await ExpectNoMsgAsync(TimeSpan.FromMilliseconds(50));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task The_summary_has_the_level_of_the_lines_and_says_what_was_refused(int number)
    {
        var kind = (RefusalKind)number;
        Sys.EventStream.Subscribe(TestActor, typeof(LogEvent));
        var level = _refusals.Level(kind, At("10.0.0.1"), _log);
        Assert.NotEqual(LogLevel.DebugLevel, level);
        Refuse("10.0.0.1", RefusalLog.LinesPerAddress + 1, kind);
        _clock.Advance(RefusalLog.Window);
        var summary = (LogEvent)await FishForMessageAsync(message => message is LogEvent log && $"{log.Message}".Contains(" more ", StringComparison.Ordinal));
        Assert.Equal(level, summary.LogLevel());
        Assert.Equal($"2 more {kind.Plural()} from 10.0.0.1 within 10 s", $"{summary.Message}");
    }

    public static TheoryData<int> Kinds() => [.. Enum.GetValues<RefusalKind>().Select(static kind => (int)kind)];

    [Fact]
    public void The_names_of_kinds_differ() =>
        Assert.Equal(RefusalKinds.Count, Enum.GetValues<RefusalKind>().Select(static kind => kind.Plural()).Distinct().Count());

    [Fact]
    public void A_kind_that_the_log_does_not_show_takes_no_line_of_one_that_it_shows()
    {
        Refuse("10.0.0.1", 1000, RefusalKind.Subscription);
        Assert.Equal(RefusalLog.LinesPerAddress, Refuse("10.0.0.1", 10, RefusalKind.BrokenPacket));
    }

    [Fact]
    public async Task A_refusal_after_the_window_brings_the_summary_with_it()
    {
        Refuse("10.0.0.1", 7);
        _clock.Advance(RefusalLog.Window);
        Assert.Equal(1, Refuse("10.0.0.9", 1));
        Assert.StartsWith("2 more refused connections from 10.0.0.1", await LineAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task After_a_flood_the_summary_comes_by_itself()
    {
        Refuse("10.0.0.1", 7);
        _clock.Advance(RefusalLog.Window - TimeSpan.FromSeconds(1));
        await ExpectNoMsgAsync(TimeSpan.FromMilliseconds(50));
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.StartsWith("2 more refused connections from 10.0.0.1", await LineAsync(), StringComparison.Ordinal);
        _clock.Advance(RefusalLog.Window);
        await ExpectNoMsgAsync(TimeSpan.FromMilliseconds(50)); // once
    }

    /// <summary>The timers of the system round, and may come before their time has passed by the clock of the windows.</summary>
    [Fact]
    public async Task A_timer_that_comes_some_milliseconds_early_does_not_delay_the_summary_by_a_window()
    {
        var clock = new EarlyTimers();
        var refusals = new RefusalLog(clock);
        for (var at = 0; at < 7; at++)
            refusals.Level(RefusalKind.Connection, At("10.0.0.1"), _log);
        clock.Behind = TimeSpan.FromMilliseconds(5);
        clock.Advance(RefusalLog.Window);
        await ExpectNoMsgAsync(TimeSpan.FromMilliseconds(50));
        clock.Advance(TimeSpan.FromMilliseconds(100));
        Assert.StartsWith("2 more refused connections from 10.0.0.1", await LineAsync(), StringComparison.Ordinal);
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
            lines += IsLine(RefusalKind.Connection, null) ? 1 : 0;
        Assert.Equal(RefusalLog.LinesPerAddress, lines);
    }

    [Fact]
    public async Task A_safe_logger_escapes_every_argument_and_leaves_the_template_alone()
    {
        _log.Warning("{ClientId} sent\n{Packet} and {Count:N1}", "a\nb", new Holder("c\u001bd"), 1.28);
        Assert.Equal("a\\nb sent\nc\\u001Bd and 1.3", await LineAsync());
    }

    private int Refuse(string address, int times, RefusalKind kind = RefusalKind.Connection)
    {
        var lines = 0;
        for (var at = 0; at < times; at++)
            lines += IsLine(kind, At(address)) ? 1 : 0;
        return lines;
    }

    private bool IsLine(RefusalKind kind, IPEndPoint? from) => _refusals.Level(kind, from, _log) != LogLevel.DebugLevel;

    private async Task<string> LineAsync() => $"{(await ExpectMsgAsync<Warning>()).Message}";

    private static int Count(string line) => int.Parse(line.Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture);

    private static IPEndPoint At(string address) => new(IPAddress.Parse(address), 1883);

    /// <summary>A clock whose time may be behind its timers.</summary>
    private sealed class EarlyTimers : FakeTimeProvider
    {
        public TimeSpan Behind { get; set; }

        public override long GetTimestamp() => base.GetTimestamp() - (Behind.Ticks * TimestampFrequency / TimeSpan.TicksPerSecond);
    }

    private sealed record Holder(string Text)
    {
        public override string ToString() => Text;
    }
}
