namespace Akka.Mqtt.Storage.Writing;

/// <summary>Statements that the writer runs in its transaction, after all earlier operations.</summary>
internal abstract class WriterCall
{
    /// <summary>Runs them; called again when the commit fails.</summary>
    /// <param name="database">The database.</param>
    /// <param name="sessions">The sessions that the writer knows.</param>
    public abstract void Run(IStorageDatabase database, KnownSessions sessions);

    /// <summary>It is committed.</summary>
    public abstract void Committed();

    /// <summary>It cannot be done.</summary>
    /// <param name="error">Why.</param>
    public abstract void Failed(Exception error);
}

/// <summary>The same with a result.</summary>
/// <param name="run">Does it.</param>
/// <param name="committed">The writer's thread calls it with the result before the task completes; may be null.</param>
internal sealed class WriterCall<T>(Func<IStorageDatabase, KnownSessions, T> run, Action<T>? committed) : WriterCall
{
    private readonly TaskCompletionSource<T> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T? _given;

    /// <summary>The result, when it is committed.</summary>
    public Task<T> Task => _result.Task;

    public override void Run(IStorageDatabase database, KnownSessions sessions) => _given = run(database, sessions);

    public override void Committed()
    {
        committed?.Invoke(_given!);
        _result.TrySetResult(_given!);
    }

    public override void Failed(Exception error) => _result.TrySetException(error);
}
