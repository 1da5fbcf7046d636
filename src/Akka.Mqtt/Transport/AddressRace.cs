using System.Net;

namespace Akka.Mqtt.Transport;

/// <summary>
/// Dials the addresses of a name by RFC 8305 (happy eyeballs), so that an address that does not answer costs a quarter of a second instead
/// of a time-out. The caller makes the attempts, so this class needs no sockets. <c>ConnectAlgorithm.Parallel</c> of .NET creates its own
/// sockets, for which options and a local address cannot be set, and reports only the last of several errors.
/// </summary>
internal static class AddressRace
{
    /// <summary>How long an attempt runs before the next one starts: the Connection Attempt Delay of section 5.</summary>
    public static readonly TimeSpan AttemptDelay = TimeSpan.FromMilliseconds(250);

    /// <summary>
    /// Alternates the address families, starting with that of the first address (section 4). Within a family the order of the resolver is
    /// kept.
    /// </summary>
    public static IReadOnlyList<IPAddress> Interleave(IReadOnlyList<IPAddress> resolved)
    {
        var byFamily = resolved.Distinct().GroupBy(address => address.AddressFamily).Select(family => family.ToArray()).ToArray();
        return [.. byFamily.SelectMany((family, nr) => family.Select((address, turn) => (address, turn, nr)))
            .OrderBy(one => one.turn).ThenBy(one => one.nr).Select(one => one.address)];
    }

    /// <summary>
    /// The result of the first attempt that succeeds; null when all have failed. An attempt starts when the previous one has failed or has
    /// run for <see cref="AttemptDelay"/>. The other attempts are cancelled; if they succeed nevertheless, their results are disposed.
    /// </summary>
    /// <param name="addresses">The addresses, in the order to try them.</param>
    /// <param name="attempt">Tries an address; ends soon after its token is cancelled.</param>
    /// <param name="failures">Receives the failures as they occur, also when the race is cancelled.</param>
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

    /// <summary>Observes the end of an attempt that is not needed; a connection that it opened is closed.</summary>
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
