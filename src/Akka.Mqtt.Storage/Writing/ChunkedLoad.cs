using System.Runtime.CompilerServices;
using Akka.Mqtt.Server;

namespace Akka.Mqtt.Storage.Writing;

/// <summary>Reads what a database gives row by row on the thread pool, many rows at a time: the caller's thread waits for no disk.</summary>
internal static class ChunkedLoad
{
    private const int RowsAtATime = 4096;

    public static async IAsyncEnumerable<T> Read<T>(
        Func<CancellationToken, IEnumerable<T>> source, Func<Exception, string> explain, [EnumeratorCancellation] CancellationToken cancel)
    {
        var rows = source(cancel).GetEnumerator();
        try
        {
            while (true)
            {
                var next = await Task.Run(() => Fill(rows, explain), cancel).ConfigureAwait(false);
                foreach (var row in next)
                    yield return row;
                if (next.Count < RowsAtATime)
                    yield break;
            }
        }
        finally
        {
            rows.Dispose();
        }
    }

    private static List<T> Fill<T>(IEnumerator<T> rows, Func<Exception, string> explain)
    {
        List<T> chunk = [];
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
