using Akka.Mqtt.Transport;
using Xunit;

namespace Akka.Mqtt.Tests.Transport;

/// <summary>What the kernel tells once is not lost, whoever is first.</summary>
public sealed class ReadinessSpec
{
    [Fact]
    public void A_signal_that_is_awaited_is_answered_once()
    {
        var readiness = default(Readiness);
        Assert.True(readiness.TryAwait());
        Assert.True(readiness.Signal());
        Assert.False(readiness.Signal());
    }

    [Fact]
    public void A_signal_before_the_wait_means_to_try_again()
    {
        var readiness = default(Readiness);
        readiness.BeginTry();
        Assert.False(readiness.Signal());
        Assert.False(readiness.TryAwait());
    }

    [Fact]
    public void A_try_forgets_what_was_signalled_before_it()
    {
        var readiness = default(Readiness);
        readiness.Signal();
        readiness.BeginTry();
        Assert.True(readiness.TryAwait());
    }

    [Fact]
    public void A_wait_that_was_given_up_is_not_answered_but_remembered()
    {
        var readiness = default(Readiness);
        Assert.True(readiness.TryAwait());
        readiness.Cancel();
        Assert.False(readiness.Signal());
        Assert.False(readiness.TryAwait());
    }

    /// <summary>One thread counts up and signals; the other takes what there is, and waits. Nobody is left waiting with something to take.</summary>
    [Fact]
    public async Task No_signal_is_lost_between_two_threads()
    {
        const int Count = 300_000;
        var readiness = default(Readiness);
        var sent = 0;
        var awaited = new SemaphoreSlim(0);
        var signaller = Task.Run(() =>
        {
            for (var i = 0; i < Count; i++)
            {
                Interlocked.Increment(ref sent);
                if (readiness.Signal())
                    awaited.Release();
            }
        });
        var taken = 0;
        while (true)
        {
            readiness.BeginTry();
            taken = Volatile.Read(ref sent);
            if (taken == Count)
                break;
            if (readiness.TryAwait())
                Assert.True(await awaited.WaitAsync(TimeSpan.FromSeconds(30)), $"{taken} of {Volatile.Read(ref sent)} taken, and nobody says that there is more");
        }

        await signaller;
        Assert.Equal(Count, taken);
    }
}
