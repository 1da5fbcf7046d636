using System.Runtime.CompilerServices;
using Akka.Mqtt.Server;

namespace Akka.Mqtt.Storage.Writing;

/// <summary>
/// Reads the rows of a database on the thread pool, many at a time. The caller's thread does not wait for the disk, and handles rows while the next ones are
/// read.
/// </summary>
internal static class ChunkedLoad
{
    private const int RowsAtATime = 4096;

    public static async IAsyncEnumerable<T> Read<T>(
        Func<CancellationToken, IEnumerable<T>> source, Func<Exception, string> explain, [EnumeratorCancellation] CancellationToken cancel)
    {
        var rows = source(cancel).GetEnumerator();
        var reading = FillAsync(rows, new List<T>(RowsAtATime), explain, cancel);
        List<T>? spare = null;
        try
        {
            while (true)
            {
                var chunk = await reading.ConfigureAwait(false);
                var isLast = chunk.Count < RowsAtATime;
                if (!isLast)
                    reading = FillAsync(rows, spare ?? new List<T>(RowsAtATime), explain, cancel);
                foreach (var row in chunk)
                    yield return row;
                if (isLast)
                    yield break;
                chunk.Clear();
                spare = chunk;
            }
        }
        finally
        {
            await reading.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default)
                .ConfigureAwait(false); // a caller that cancels must not dispose the rows while they are read
            rows.Dispose();
        }
    }

    /// <summary>Reads data of a database on the thread pool, in one call.</summary>
    public static Task Run(Action read, Func<Exception, string> explain, CancellationToken cancel) => Task.Run(
        () =>
        {
            try
            {
                read();
            }
            catch (Exception error) when (error is not OperationCanceledException)
            {
                throw new MqttStorageException(explain(error), error);
            }
        },
        cancel);

    private static Task<List<T>> FillAsync<T>(IEnumerator<T> rows, List<T> chunk, Func<Exception, string> explain, CancellationToken cancel) =>
        Task.Run(() => Fill(rows, chunk, explain), cancel);

    private static List<T> Fill<T>(IEnumerator<T> rows, List<T> chunk, Func<Exception, string> explain)
    {
        try
        {
            while (chunk.Count < RowsAtATime && rows.MoveNext())
                chunk.Add(rows.Current);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            throw new MqttStorageException(explain(error), error);
        }
        return chunk;
    }
}
