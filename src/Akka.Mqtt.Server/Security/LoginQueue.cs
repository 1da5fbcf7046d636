using Akka.Mqtt.Server.Limits;

namespace Akka.Mqtt.Server.Security;

/// <summary>
/// Bounds the hashing of passwords: so many at a time, so many waiting. Fair: addresses take turns, and so do the user names of one address, so a
/// flood from one address, or for one user, delays others by a few hashes only. Work of a client that has gone is never started. When the queue is
/// full, the newest login of the longest line gives way. Thread safe by one lock.
/// </summary>
internal sealed class LoginQueue
{
    private readonly Lock _lock = new();
    private readonly int _maxRunning;
    private readonly int _maxWaiting;
    private readonly long _maxBytes;
    private readonly Dictionary<AddressKey, Neighbour> _neighbours = [];
    private readonly LinkedList<Neighbour> _turns = []; // whose turn it is: the first
    private int _running;
    private int _waiting;
    private long _bytes;

    public LoginQueue(int maxRunning, int maxWaiting, long maxBytes) =>
        (_maxRunning, _maxWaiting, _maxBytes) = (maxRunning, maxWaiting, maxBytes);

    /// <summary>Logins that wait.</summary>
    public int Waiting
    {
        get
        {
            lock (_lock)
                return _waiting;
        }
    }

    /// <summary>The queue of the settings.</summary>
    public static LoginQueue Of(MqttServerLimits limits) => new(
        limits.MaxConcurrentLogins ?? Math.Max(1, Environment.ProcessorCount / 2), limits.MaxWaitingLogins, limits.MaxWaitingLoginBytes);

    /// <summary>Runs a check of a password on the thread pool when it is its turn.</summary>
    /// <param name="address">Where the client is.</param>
    /// <param name="user">Which user it says it is.</param>
    /// <param name="bytes">What the waiting login keeps in memory.</param>
    /// <param name="check">The check.</param>
    /// <param name="cancellation">Cancelled when the client has gone.</param>
    /// <returns>Its result; null when the queue is full.</returns>
    public Task<AuthenticationResult?> RunAsync(
        AddressKey address, string user, int bytes, Func<AuthenticationResult> check, CancellationToken cancellation)
    {
        var login = new Login(address, user, bytes, check, cancellation);
        Login? refused = null;
        var starts = false;
        lock (_lock)
        {
            if (_running < _maxRunning)
            {
                _running++;
                starts = true;
            }
            else
            {
                Enqueue(login);
                if (_waiting > _maxWaiting || _bytes > _maxBytes)
                    refused = RemoveNewestOfLongest();
            }
        }
        refused?.Completion.TrySetResult(null);
        if (starts)
            ThreadPool.UnsafeQueueUserWorkItem(static job => job.Owner.Run(job.First), (Owner: this, First: login), preferLocal: false);
        return login.Completion.Task;
    }

    private void Run(Login login)
    {
        for (var next = login; next is not null; next = Next())
        {
            if (next.Cancellation.IsCancellationRequested)
            {
                next.Completion.TrySetCanceled(next.Cancellation);
                continue;
            }
            try
            {
                next.Completion.TrySetResult(next.Check());
            }
            catch (Exception error) // a broken entry refuses one client and does not stop the queue
            {
                next.Completion.TrySetException(error);
            }
        }
    }

    private Login? Next()
    {
        lock (_lock)
        {
            while (_turns.First is { } turn)
            {
                var neighbour = turn.Value;
                var login = neighbour.TakeNext();
                Removed(login);
                _turns.RemoveFirst();
                if (neighbour.Count > 0)
                    _turns.AddLast(turn);
                else
                    _neighbours.Remove(neighbour.Address);
                return login;
            }
            _running--;
            return null;
        }
    }

    private void Enqueue(Login login)
    {
        if (!_neighbours.TryGetValue(login.Address, out var neighbour))
        {
            _neighbours.Add(login.Address, neighbour = new Neighbour(login.Address));
            _turns.AddLast(neighbour);
        }
        neighbour.Add(login);
        _waiting++;
        _bytes += login.Bytes;
    }

    private Login RemoveNewestOfLongest()
    {
        Neighbour? longest = null;
        foreach (var neighbour in _turns)
        {
            if (longest is null || neighbour.Count > longest.Count)
                longest = neighbour;
        }
        var removed = longest!.RemoveNewestOfLongest();
        Removed(removed);
        if (longest.Count == 0)
        {
            _neighbours.Remove(longest.Address);
            _turns.Remove(longest);
        }
        return removed;
    }

    private void Removed(Login login)
    {
        _waiting--;
        _bytes -= login.Bytes;
    }

    private sealed record Login(AddressKey Address, string User, int Bytes, Func<AuthenticationResult> Check, CancellationToken Cancellation)
    {
        public TaskCompletionSource<AuthenticationResult?> Completion { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>The logins from one address, in a line for each user name.</summary>
    private sealed class Neighbour(AddressKey address)
    {
        private readonly Dictionary<string, LinkedListNode<LinkedList<Login>>> _users = new(StringComparer.Ordinal);
        private readonly LinkedList<LinkedList<Login>> _turns = [];

        public AddressKey Address => address;

        public int Count { get; private set; }

        public void Add(Login login)
        {
            if (!_users.TryGetValue(login.User, out var line))
                _users.Add(login.User, line = _turns.AddLast(new LinkedList<Login>()));
            line.Value.AddLast(login);
            Count++;
        }

        public Login TakeNext()
        {
            var line = _turns.First!;
            var login = line.Value.First!.Value;
            line.Value.RemoveFirst();
            _turns.RemoveFirst();
            if (line.Value.Count > 0)
                _turns.AddLast(line);
            else
                _users.Remove(login.User);
            Count--;
            return login;
        }

        public Login RemoveNewestOfLongest()
        {
            var longest = _turns.First!;
            for (var each = longest.Next; each is not null; each = each.Next)
            {
                if (each.Value.Count > longest.Value.Count)
                    longest = each;
            }
            var login = longest.Value.Last!.Value;
            longest.Value.RemoveLast();
            if (longest.Value.Count == 0)
            {
                _turns.Remove(longest);
                _users.Remove(login.User);
            }
            Count--;
            return login;
        }
    }
}
