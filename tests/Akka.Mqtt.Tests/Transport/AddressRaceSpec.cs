using System.Collections.Concurrent;
using System.Net;
using System.Threading.Channels;
using Akka.Mqtt.Transport;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Akka.Mqtt.Tests;

/// <summary>The order and the timing of RFC 8305, in virtual time and without sockets.</summary>
public sealed class AddressRaceSpec : IDisposable
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);
    private static readonly IPAddress V6 = IPAddress.Parse("2001:db8::1");
    private static readonly IPAddress OtherV6 = IPAddress.Parse("2001:db8::2");
    private static readonly IPAddress LastV6 = IPAddress.Parse("2001:db8::3");
    private static readonly IPAddress V4 = IPAddress.Parse("192.0.2.1");
    private static readonly IPAddress OtherV4 = IPAddress.Parse("192.0.2.2");

    private readonly Clock _clock = new();
    private readonly CancellationTokenSource _cancel = new();
    private readonly Channel<IPAddress> _started = Channel.CreateUnbounded<IPAddress>();
    private readonly ConcurrentDictionary<IPAddress, Attempt> _attempts = new();
    private readonly List<(IPAddress Address, Exception Cause)> _failures = [];

    public void Dispose() => _cancel.Dispose();

    [Fact]
    public void Families_take_turns_and_the_first_address_stays_first()
    {
        Assert.Equal([V6, V4, OtherV6, OtherV4, LastV6], AddressRace.Interleave([V6, OtherV6, LastV6, V4, OtherV4]));
        Assert.Equal([V4, V6, OtherV4], AddressRace.Interleave([V4, OtherV4, V6]));
        Assert.Equal([V4, OtherV4], AddressRace.Interleave([V4, OtherV4]));
    }

    [Fact]
    public void An_address_that_was_found_twice_is_tried_once() => Assert.Equal([V6, V4], AddressRace.Interleave([V6, V6, V4, V4]));

    [Fact]
    public async Task The_next_attempt_starts_when_the_former_has_run_for_a_quarter_of_a_second()
    {
        var race = RaceAsync(V6, V4, OtherV6);
        await ExpectStartedAsync(V6);
        await PassAsync(AddressRace.AttemptDelay - Tick);
        Assert.False(_started.Reader.TryPeek(out _));
        _clock.Advance(Tick);
        await ExpectStartedAsync(V4);
        await PassAsync(AddressRace.AttemptDelay);
        await ExpectStartedAsync(OtherV6);

        var winner = _attempts[V4].Win();

        Assert.Same(winner, await race);
        Assert.Empty(_failures);
    }

    [Fact]
    public async Task The_next_attempt_starts_at_once_when_the_former_fails()
    {
        var race = RaceAsync(V6, V4, OtherV6);
        await ExpectStartedAsync(V6);
        _attempts[V6].Fail("one");
        await ExpectStartedAsync(V4);
        _attempts[V4].Fail("two");
        await ExpectStartedAsync(OtherV6);
        var winner = _attempts[OtherV6].Win();

        Assert.Same(winner, await race);
        Assert.Equal([(V6, "one"), (V4, "two")], _failures.Select(failure => (failure.Address, failure.Cause.Message)));
    }

    [Fact]
    public async Task An_attempt_that_is_slow_may_win_still()
    {
        var race = RaceAsync(V6, V4);
        await ExpectStartedAsync(V6);
        await PassAsync(AddressRace.AttemptDelay);
        await ExpectStartedAsync(V4);
        _attempts[V4].Fail("no");
        var winner = _attempts[V6].Win();

        Assert.Same(winner, await race);
    }

    [Fact]
    public async Task The_losers_are_cancelled_and_one_that_wins_too_late_is_closed()
    {
        var race = RaceAsync(V6, V4);
        await ExpectStartedAsync(V6);
        await PassAsync(AddressRace.AttemptDelay);
        await ExpectStartedAsync(V4);
        var winner = _attempts[V4].Win();
        Assert.Same(winner, await race);

        Assert.True(_attempts[V6].Token.IsCancellationRequested);
        var late = _attempts[V6].Win();

        await late.Closed.Task.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.False(winner.Closed.Task.IsCompleted);
    }

    [Fact]
    public async Task All_failures_are_told_when_none_wins()
    {
        var race = RaceAsync(V6, V4);
        await ExpectStartedAsync(V6);
        _attempts[V6].Fail("one");
        await ExpectStartedAsync(V4);
        _attempts[V4].Fail("two");

        Assert.Null(await race);
        Assert.Equal([(V6, "one"), (V4, "two")], _failures.Select(failure => (failure.Address, failure.Cause.Message)));
    }

    [Fact]
    public async Task A_race_that_is_cancelled_cancels_its_attempts_and_keeps_what_had_failed()
    {
        var race = RaceAsync(V6, V4, OtherV6);
        await ExpectStartedAsync(V6);
        _attempts[V6].Fail("one");
        await ExpectStartedAsync(V4);
        await _clock.TimerAsync();

        await _cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => race);
        Assert.True(_attempts[V4].Token.IsCancellationRequested);
        Assert.Equal(V6, Assert.Single(_failures).Address);
        await _attempts[V4].Win().Closed.Task.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.False(_attempts.ContainsKey(OtherV6));
    }

    private Task<Prize?> RaceAsync(params IPAddress[] addresses) => AddressRace.FirstAsync(
        addresses,
        (address, token) =>
        {
            var attempt = _attempts[address] = new Attempt(token);
            _started.Writer.TryWrite(address);
            return attempt.Ended;
        },
        _failures,
        _clock,
        _cancel.Token);

    private async Task ExpectStartedAsync(IPAddress address) =>
        Assert.Equal(address, await _started.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(10)));

    /// <summary>Lets time pass once the race waits for it.</summary>
    private async Task PassAsync(TimeSpan time)
    {
        await _clock.TimerAsync();
        _clock.Advance(time);
    }

    private sealed class Attempt(CancellationToken token)
    {
        private readonly TaskCompletionSource<Prize> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public CancellationToken Token => token;

        public Task<Prize> Ended => _ended.Task;

        public Prize Win()
        {
            var prize = new Prize();
            _ended.SetResult(prize);
            return prize;
        }

        public void Fail(string message) => _ended.SetException(new IOException(message));
    }

    private sealed class Prize : IDisposable
    {
        public TaskCompletionSource Closed { get; } = new();

        public void Dispose() => Closed.TrySetResult();
    }

    /// <summary>Virtual time that tells when somebody waits for it.</summary>
    private sealed class Clock : FakeTimeProvider
    {
        private readonly Channel<bool> _timers = Channel.CreateUnbounded<bool>();

        public Task<bool> TimerAsync() => _timers.Reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(10), System);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            var timer = base.CreateTimer(callback, state, dueTime, period);
            _timers.Writer.TryWrite(true);
            return timer;
        }
    }
}
