using System.Net;

namespace Akka.Mqtt.Transport;

/// <summary>
/// Dials the addresses of a name after RFC 8305 (happy eyeballs), so that one that does not answer costs a quarter of a second instead of a
/// timeout. The caller makes the attempts, so that this class knows no sockets. <c>ConnectAlgorithm.Parallel</c> of .NET makes its own
/// sockets, on which no option and no local address can be set, and reports only the last of several errors.
/// </summary>
internal static class AddressRace
{
    /// <summary>How long an attempt runs alone: the Connection Attempt Delay of section 5.</summary>
    public static readonly TimeSpan AttemptDelay = TimeSpan.FromMilliseconds(250);

    /// <summary>The families take turns, that of the first address first (section 4); within a family the order of the resolver stays.</summary>
    public static IReadOnlyList<IPAddress> Interleave(IReadOnlyList<IPAddress> resolved)
    {
        var byFamily = resolved.Distinct().GroupBy(address => address.AddressFamily).Select(family => family.ToArray()).ToArray();
        return [.. byFamily.SelectMany((family, nr) => family.Select((address, turn) => (address, turn, nr)))
            .OrderBy(one => one.turn).ThenBy(one => one.nr).Select(one => one.address)];
    }

    /// <summary>
    /// What the first attempt that succeeds gives, or null when all failed. An attempt starts when the one before it has failed or has run for
    /// <see cref="AttemptDelay"/>. The others are cancelled, and what they give all the same is disposed of.
    /// </summary>
    /// <param name="addresses">The addresses, in the order to try them.</param>
    /// <param name="attempt">Tries an address; ends soon after its token is cancelled.</param>
    /// <param name="failures">Takes the failures as they come, also when the race is cancelled.</param>
    /// <param name="time">The clock of the delay.</param>
    /// <param name="cancellationToken">Ends all attempts.</param>
    public static async Task<T?> FirstAsync<T>(
        IReadOnlyList<IPAddress> addresses,
        Func<IPAddress, CancellationToken, Task<T>> attempt,
        List<(IPAddress Address, Exception Cause)> failures,
        TimeProvider time,
        CancellationToken cancellationToken)
        where T : class, IDisposable
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var running = new Dictionary<Task<T>, IPAddress>();
        try
        {
            for (var started = 0; started < addresses.Count || running.Count > 0;)
            {
                if (started < addresses.Count)
                {
                    var address = addresses[started++];
                    running.Add(attempt(address, ending.Token), address);
                }

                var delay = started < addresses.Count ? AttemptDelay : Timeout.InfiniteTimeSpan;
                if (await FirstEndedAsync(running.Keys, delay, time, cancellationToken).ConfigureAwait(false) is not { } ended)
                    continue;
                cancellationToken.ThrowIfCancellationRequested();
                if (ended.IsCompletedSuccessfully)
                {
                    running.Remove(ended);
                    return await ended.ConfigureAwait(false);
                }

                running.Remove(ended, out var failed);
                failures.Add((failed!, ended.Exception?.InnerException ?? new OperationCanceledException()));
            }

            return null;
        }
        finally
        {
            await ending.CancelAsync().ConfigureAwait(false);
            foreach (var loser in running.Keys)
                Discard(loser);
        }
    }

    private static async Task<Task<T>?> FirstEndedAsync<T>(
        IEnumerable<Task<T>> running, TimeSpan delay, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            return await Task.WhenAny(running).WaitAsync(delay, time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    /// <summary>Observes the end of an attempt that was not needed; a connection that it made is closed.</summary>
    private static void Discard<T>(Task<T> loser)
        where T : IDisposable =>
        _ = loser.ContinueWith(
            static ended =>
            {
                if (ended.IsCompletedSuccessfully)
                    ended.Result.Dispose();
                else
                    _ = ended.Exception;
            },
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
}
