using Akka.Event;
using Akka.Mqtt.Server;
using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.Storage.Writing;

/// <summary>
/// The engine for a database. One thread takes all operations that were appended during the previous commit, combines them, commits them, and completes
/// receipts. Other threads append to <see cref="WriterQueue"/>.
/// </summary>
internal sealed class StorageWriter : IStorageEngine
{
    /// <summary>Identities of messages that are reserved at a time.</summary>
    public const long MessageBlock = 1L << 28;

    /// <summary>Identities of sessions that are reserved at a time.</summary>
    public const long SessionBlock = 1L << 20;

    // The number of attempts, up to 5 seconds each, after which a stopping writer gives up.
    private const int MaxTriesAtStop = 3;

    private static readonly TimeSpan AliveInterval = TimeSpan.FromSeconds(10);

    private readonly IStorageDatabase _database;
    private readonly StorageOptions _options;
    private readonly string _name;
    private readonly WriterQueue _queue = new();
    private readonly KnownSessions _sessions;
    private readonly StartCounter _startCounter;
    private readonly Folder _folder;
    private readonly FailureWatch _failures;
    private readonly IdentitySource _sessionIds;
    private readonly IdentitySource _messageIds;
    private readonly ITimer _alive;
    private readonly List<WriterEntry> _drain = [];
    private readonly List<(IdentitySource Source, long Block)> _reserved = [];
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<LeaseLostException> _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _drains;
    private long _aliveAt;
    private int _triesAtStop;
    private bool _isDisposed;

    /// <summary>Starts writing.</summary>
    /// <param name="database">The database, opened; the writer disposes of it.</param>
    /// <param name="options">The options of the server.</param>
    /// <param name="name">The name of the database, for the log.</param>
    /// <param name="run">The number of this run, above all before.</param>
    /// <param name="firstSession">The first of <see cref="SessionBlock"/> identities that were reserved.</param>
    /// <param name="firstMessage">The first of <see cref="MessageBlock"/> identities that were reserved.</param>
    /// <param name="isFailing">Whether the database could not be written just now; the writer tries again at once, and logs the cause.</param>
    public StorageWriter(
        IStorageDatabase database, StorageOptions options, string name, long run, long firstSession, long firstMessage, bool isFailing = false)
    {
        _database = database;
        _options = options;
        _name = name;
        _sessions = new KnownSessions(firstSession);
        _startCounter = StartCounter.Begin(database, options);
        _folder = new Folder(database, _sessions, options.Limits) { Order = run << 40 };
        _failures = new FailureWatch(name, options.Log, options.Time, database.Explain) { Damage = new DamageWatch(database, name, _sessions, options) };
        _sessionIds = new IdentitySource(firstSession, SessionBlock, () => _queue.Add(WriterEntry.OfReserve(IdentityKind.Session)));
        _messageIds = new IdentitySource(firstMessage, MessageBlock, () => _queue.Add(WriterEntry.OfReserve(IdentityKind.Message)));
        _alive = options.Time.CreateTimer(
            _ =>
            {
                _failures.Check();
                _queue.Add(WriterEntry.OfAlive());
            },
            null, AliveInterval, AliveInterval);
        new Thread(Run) { IsBackground = true, Name = $"akka-mqtt storage {name}" }.Start();
        if (isFailing)
            _queue.Add(WriterEntry.OfAlive());
    }

    /// <inheritdoc/>
    public StorageHealth Health => _failures.IsFailing || _lost.Task.IsCompleted ? StorageHealth.Failing
        : PendingBytes > _options.MaxPendingBytes ? StorageHealth.Behind
        : StorageHealth.Good;

    /// <inheritdoc/>
    public long PendingBytes => _queue.PendingBytes;

    /// <inheritdoc/>
    public ISharedSessions? Shared { get; set; }

    /// <summary>Completes when the process may no longer write.</summary>
    public Task Lost => _lost.Task;

    /// <summary>The identity of the next message.</summary>
    public long NextMessage => _messageIds.Next;

    /// <summary>The upper limit of the present block of identities of messages.</summary>
    public long EndOfMessages => _messageIds.End;

    /// <inheritdoc/>
    public long FailedCommits => _failures.Count;

    /// <inheritdoc/>
    public TimeSpan CommitAge => _failures.Slow.Age;

    /// <summary>Runs statements in the transaction of the writer, after all earlier operations.</summary>
    /// <param name="run">Runs them; called again when the commit fails.</param>
    /// <param name="committed">Called with the result by the writer's thread, before the task completes.</param>
    /// <returns>The result, when it is committed.</returns>
    public Task<T> CallAsync<T>(Func<IStorageDatabase, KnownSessions, T> run, Action<T>? committed = null)
    {
        var call = new WriterCall<T>(run, committed);
        _queue.Add(WriterEntry.OfCall(call));
        return call.Task;
    }

    /// <summary>Sessions of another process have arrived: later messages must have higher numbers. Called by the writer's thread.</summary>
    /// <param name="block">A block of identities of messages that was reserved; 0 for none.</param>
    /// <param name="order">The highest order of sending.</param>
    public void ContinueAbove(long block, long order)
    {
        if (block > 0)
            _messageIds.Restart(block);
        _folder.Order = Math.Max(_folder.Order, order + 1);
    }

    /// <inheritdoc/>
    public long NextSession() => _sessionIds.Take(1);

    /// <inheritdoc/>
    public long NextMessages(int count) => _messageIds.Take(count);

    /// <inheritdoc/>
    public long Append(in StoreUnit unit) => _queue.Add(WriterEntry.OfUnit(unit));

    /// <inheritdoc/>
    public long Take(long session, IStoredReader reader) => _queue.Add(WriterEntry.OfTake(session, reader));

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyList<DueSession>> FindDueAsync(long now, int most, CancellationToken cancel = default)
    {
        var query = new DueQuery(now, most);
        _queue.Add(WriterEntry.OfQuery(query));
        return await query.Task.WaitAsync(cancel).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask<IReadOnlyDictionary<long, QueueCount>> CountAsync(IReadOnlyList<long> sessions, CancellationToken cancel = default)
    {
        var counting = CallAsync((database, known) =>
        {
            Dictionary<long, QueueCount> found = [];
            database.Count(sessions, found);
            foreach (var (session, count) in found)
                known.Counted(session, count);
            return found;
        });
        return await counting.WaitAsync(cancel).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public Task<(long Messages, long Bytes)> CountAtStartAsync() => _startCounter.CountAsync();

    /// <inheritdoc/>
    public Task LoadRoutesAsync(IRouteLoad into, CancellationToken cancel = default) =>
        ChunkedLoad.Run(() => _database.LoadRoutes(into, cancel), SessionsCannotBeLoaded, cancel);

    /// <inheritdoc/>
    public IAsyncEnumerable<StoredSession> LoadSessionsAsync(CancellationToken cancel = default) =>
        ChunkedLoad.Read(_database.LoadSessions, SessionsCannotBeLoaded, cancel);

    /// <inheritdoc/>
    public IAsyncEnumerable<RetainedRecord> LoadRetainedAsync(CancellationToken cancel = default) =>
        ChunkedLoad.Read(_database.LoadRetained, error => $"The retained messages of {_name} cannot be loaded: {_database.Explain(error)}", cancel);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (!Interlocked.Exchange(ref _isDisposed, true))
        {
            await _alive.DisposeAsync().ConfigureAwait(false);
            await _startCounter.DisposeAsync().ConfigureAwait(false);
            _queue.Stop();
        }
        await _stopped.Task.ConfigureAwait(false);
    }

    private string SessionsCannotBeLoaded(Exception error) => $"The sessions of {_name} cannot be loaded: {_database.Explain(error)}";

    private void Run()
    {
        try
        {
            while (_queue.Take(_drain))
            {
                _failures.Slow.Begin();
                Process();
                _failures.Slow.End();
                _drain.Clear();
            }
        }
        catch (Exception error)
        {
            _options.Log(LogLevel.ErrorLevel, $"The storage writer ended: {error}");
        }
        finally
        {
            try
            {
                _database.Dispose();
            }
            catch (Exception error)
            {
                _options.Log(LogLevel.WarningLevel, $"The storage could not be closed correctly: {_database.Explain(error)}");
            }
            _stopped.SetResult();
        }
    }

    /// <summary>Commits the drain, and tries again as often as that fails; operations that are appended in the meantime join it.</summary>
    private void Process()
    {
        while (!_lost.Task.IsCompleted)
        {
            var drain = _drains + 1;
            try
            {
                if (!(_failures.IsFailing && _database.WasCommitted(drain)))
                    Write(drain);
                _failures.Succeeded();
                Settle();
                return;
            }
            catch (LeaseLostException error)
            {
                _database.Rollback();
                _options.Log(LogLevel.ErrorLevel, $"{_name}: {error.Message}");
                _lost.SetResult(error);
                break;
            }
            catch (Exception error)
            {
                _database.Rollback();
                if (TryMend(error))
                    continue;
                _failures.Failed(error);
            }
            if (!_queue.Wait(_failures.Pause()) && ++_triesAtStop > MaxTriesAtStop)
            {
                _options.Log(LogLevel.ErrorLevel, $"The storage stops with {_queue.PendingBytes} unwritten bytes.");
                _drain.Clear();
                _folder.Begin();
                _sessions.TakeBack();
                return;
            }
            // First find out whether the failed commit succeeded after all.
            if (!WasCommitted(drain))
            {
                _sessions.TakeBack();
                _queue.TakeMore(_drain);
            }
        }
        Refuse(new MqttStorageException($"{_name}: {_lost.Task.Result.Message}", _lost.Task.Result));
    }

    /// <summary>Stops writing. Receipts are not completed, so messages that wait for them are not acknowledged.</summary>
    private void Refuse(MqttStorageException error)
    {
        foreach (var entry in _drain)
        {
            if (entry is { Kind: WriterEntryKind.Take, IsDone: false })
                entry.Reader!.Failed(error);
            entry.Query?.Failed(error);
            entry.Call?.Failed(error);
            _queue.Committed(entry.Bytes);
        }
    }

    private bool TryMend(Exception error)
    {
        if (!_failures.Damage.MayMend(error))
            return false;
        _failures.Damaged(error);
        _folder.Begin();
        _sessions.TakeBack();
        return _failures.Damage.TryMend();
    }

    private bool WasCommitted(long drain)
    {
        try
        {
            return _database.WasCommitted(drain);
        }
        catch (Exception)
        {
            return true; // unknown: nothing may join the drain. The next attempt asks again, and logs the cause
        }
    }

    private void Write(long drain)
    {
        _sessions.TakeBack(); // of an earlier attempt whose commit was in doubt
        _sessions.Begin();
        _folder.Begin();
        _reserved.Clear();
        var isAlive = false;
        for (var at = 0; at < _drain.Count; at++)
        {
            var entry = _drain[at];
            switch (entry.Kind)
            {
                case WriterEntryKind.Unit:
                    _folder.Fold(entry.Ops!);
                    break;
                case WriterEntryKind.Take:
                    Take(entry);
                    _drain[at] = entry with { IsDone = true }; // only now, because the reader has received nothing if the attempt fails before
                    break;
                case WriterEntryKind.Query:
                    _folder.Flush();
                    entry.Query!.Answer(_database, _sessions, _failures.Damage);
                    break;
                case WriterEntryKind.Reserve:
                    var source = entry.Identities == IdentityKind.Session ? _sessionIds : _messageIds;
                    _reserved.Add((source, _database.Reserve(entry.Identities, entry.Identities == IdentityKind.Session ? SessionBlock : MessageBlock)));
                    break;
                case WriterEntryKind.Call:
                    _folder.Flush();
                    entry.Call!.Run(_database, _sessions);
                    break;
                case WriterEntryKind.Alive:
                    isAlive = true;
                    break;
            }
        }
        _folder.Flush();
        var now = _options.Time.GetUtcNow().ToUnixTimeMilliseconds();
        if (isAlive || (_database.IsWriting && Math.Abs(now - _aliveAt) >= 1000))
        {
            _database.WriteAlive(now);
            _aliveAt = now;
        }
        if (_database.IsWriting)
            _database.Commit(drain);
    }

    private void Take(in WriterEntry entry)
    {
        StoredState? state;
        try
        {
            state = _folder.Take(entry.Session);
        }
        catch (Exception error) when (!_failures.Damage.MayMend(error) && (error is InvalidDataException || _database.IsDamage(error))) // only this session is damaged
        {
            _options.Log(LogLevel.ErrorLevel, $"Session {entry.Session} cannot be read and is skipped: {_database.Explain(error)}");
            if (!entry.IsDone)
                entry.Reader!.Failed(error);
            return;
        }
        if (!entry.IsDone)
            entry.Reader!.Read(state);
        else if (state is null)
            _options.Lost?.Invoke(entry.Session); // the damage was found after the session was handed out
    }

    private void Settle()
    {
        _drains++;
        _sessions.Committed(_options.Waiting, _options.Found);
        foreach (var (source, block) in _reserved)
            source.Renew(block);
        var bytes = 0L;
        foreach (var entry in _drain)
            bytes += entry.Bytes;
        _queue.Committed(bytes); // before the receipts, so that their receivers find room
        foreach (var entry in _drain)
            entry.Committed(_options.Log);
        if (_options.Dropped is { } dropped)
        {
            foreach (var (session, count) in _folder.Dropped)
                dropped(session.Id, count);
        }
        try
        {
            _database.Maintain();
        }
        catch (Exception error)
        {
            _failures.Noted(error);
        }
    }
}
