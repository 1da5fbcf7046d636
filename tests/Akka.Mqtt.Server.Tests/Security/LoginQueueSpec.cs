using System.Collections.Concurrent;
using Akka.Mqtt.Server.Limits;
using Akka.Mqtt.Server.Security;

namespace Akka.Mqtt.Server.Tests.Security;

public sealed class LoginQueueSpec : IDisposable
{
    private static readonly AddressKey Attacker = new(1, false);
    private static readonly AddressKey Honest = new(2, false);

    private readonly ManualResetEventSlim _door = new();
    private readonly ConcurrentQueue<string> _order = new();

    public void Dispose() => _door.Dispose();

    private Task<AuthenticationResult?> Enqueue(
        LoginQueue queue, AddressKey address, string user, CancellationToken cancellation = default) =>
        queue.RunAsync(
            address,
            user,
            100,
            () =>
            {
                _door.Wait();
                _order.Enqueue(user);
                return AuthenticationResult.Accepted(user);
            },
            cancellation);

    [Fact]
    public async Task Another_address_waits_for_one_login_of_a_flood()
    {
        var queue = new LoginQueue(1, 1000, 1 << 20);
        var flood = Enumerable.Range(0, 500).Select(_ => Enqueue(queue, Attacker, "wrong")).ToList();
        var good = Enqueue(queue, Honest, "good");
        _door.Set();
        Assert.Equal("good", (await good)!.UserName);
        await Task.WhenAll(flood);
        Assert.InRange(_order.ToList().IndexOf("good"), 0, 2);
    }

    [Fact]
    public async Task Another_user_of_the_same_address_waits_for_one_login_of_each_other_user()
    {
        var queue = new LoginQueue(1, 1000, 1 << 20);
        var flood = Enumerable.Range(0, 500).Select(_ => Enqueue(queue, Attacker, "wrong")).ToList();
        var good = Enqueue(queue, Attacker, "good");
        _door.Set();
        await Task.WhenAll(flood.Append(good));
        Assert.InRange(_order.ToList().IndexOf("good"), 0, 2);
    }

    [Fact]
    public async Task When_it_is_full_the_flood_is_refused_and_not_the_others()
    {
        var queue = new LoginQueue(1, 100, 1 << 20);
        var flood = Enumerable.Range(0, 500).Select(_ => Enqueue(queue, Attacker, "wrong")).ToList();
        var good = Enqueue(queue, Honest, "good");
        Assert.Equal(100, queue.Waiting);
        _door.Set();
        Assert.NotNull(await good);
        var results = await Task.WhenAll(flood);
        Assert.Equal(400, results.Count(result => result is null)); // of 501, one was running and 100 could wait
    }

    [Fact]
    public async Task Bytes_that_wait_are_bounded_too()
    {
        var queue = new LoginQueue(1, 1000, 1000);
        var flood = Enumerable.Range(0, 50).Select(_ => Enqueue(queue, Attacker, "wrong")).ToList();
        Assert.Equal(10, queue.Waiting);
        _door.Set();
        await Task.WhenAll(flood);
    }

    [Fact]
    public async Task Work_of_a_client_that_has_gone_is_not_started()
    {
        var queue = new LoginQueue(1, 1000, 1 << 20);
        using var gone = new CancellationTokenSource();
        var running = Enqueue(queue, Honest, "first");
        var left = Enumerable.Range(0, 100).Select(_ => Enqueue(queue, Attacker, "gone", gone.Token)).ToList();
        await gone.CancelAsync();
        _door.Set();
        await running;
        foreach (var each in left)
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => each);
        Assert.Equal(["first"], _order);
    }

    [Fact]
    public async Task No_more_than_so_many_run_at_a_time()
    {
        var (running, most) = (0, 0);
        var queue = new LoginQueue(2, 1000, 1 << 20);
        var all = Enumerable.Range(0, 200).Select(at => queue.RunAsync(
            Attacker,
            $"user{at % 7}",
            1,
            () =>
            {
                most = Math.Max(most, Interlocked.Increment(ref running));
                Thread.Yield();
                Interlocked.Decrement(ref running);
                return AuthenticationResult.Refused();
            },
            CancellationToken.None));
        await Task.WhenAll(all);
        Assert.InRange(most, 1, 2);
        Assert.Equal(0, queue.Waiting);
    }

    [Fact]
    public async Task A_check_that_fails_does_not_stop_the_queue()
    {
        var queue = new LoginQueue(1, 1000, 1 << 20);
        var broken = queue.RunAsync(Attacker, "x", 1, () => throw new InvalidOperationException("broken"), CancellationToken.None);
        await Assert.ThrowsAsync<InvalidOperationException>(() => broken);
        _door.Set();
        Assert.NotNull(await Enqueue(queue, Honest, "good"));
    }
}
