using Akka.Mqtt.Server.Limits;

namespace Akka.Mqtt.Server.Security;

/// <summary>
/// Limits how many passwords are hashed at the same time and how many logins wait. Addresses take turns, and so do the user names of one
/// address. So a flood from one address, or for one user, delays others by a few hashes only. The login of a client that has disconnected
/// is never started. When too many logins wait, the newest login of the longest queue is refused. Thread safe with one lock.
/// </summary>
internal sealed class LoginQueue
{
    private readonly Lock _lock = new();
    private readonly int _maxRunning;
    private readonly int _maxWaiting;
    private readonly long _maxBytes;
    private readonly Dictionary<AddressKey, AddressQueue> _addresses = [];
    private readonly LinkedList<AddressQueue> _turns = []; // the first one is next
    private int _running;
    private int _waiting;
    private long _bytes;

    public LoginQueue(int maxRunning, int maxWaiting, long maxBytes) =>
        (_maxRunning, _maxWaiting, _maxBytes) = (maxRunning, maxWaiting, maxBytes);

    /// <summary>The number of waiting logins.</summary>
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

    /// <summary>Checks a password on the thread pool when it is its turn.</summary>
    /// <param name="address">The address of the client.</param>
    /// <param name="user">The user name that it sent.</param>
    /// <param name="bytes">The memory of the waiting login, in bytes.</param>
    /// <param name="check">The check.</param>
    /// <param name="cancellation">Cancelled when the client has disconnected.</param>
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
            catch (Exception error) // an invalid entry refuses one client and does not stop the queue
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
                var queue = turn.Value;
                var login = queue.TakeNext();
                Removed(login);
                _turns.RemoveFirst();
                if (queue.Count > 0)
                    _turns.AddLast(turn);
                else
                    _addresses.Remove(queue.Address);
                return login;
            }
            _running--;
            return null;
        }
    }

    private void Enqueue(Login login)
    {
        if (!_addresses.TryGetValue(login.Address, out var queue))
        {
            _addresses.Add(login.Address, queue = new AddressQueue(login.Address));
            _turns.AddLast(queue);
        }
        queue.Add(login);
        _waiting++;
        _bytes += login.Bytes;
    }

    private Login RemoveNewestOfLongest()
    {
        AddressQueue? longest = null;
        foreach (var queue in _turns)
        {
            if (longest is null || queue.Count > longest.Count)
                longest = queue;
        }
        var removed = longest!.RemoveNewestOfLongest();
        Removed(removed);
        if (longest.Count == 0)
        {
            _addresses.Remove(longest.Address);
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

    /// <summary>The logins from one address, in a queue for each user name.</summary>
    private sealed class AddressQueue(AddressKey address)
    {
        private readonly Dictionary<string, LinkedListNode<LinkedList<Login>>> _users = new(StringComparer.Ordinal);
        private readonly LinkedList<LinkedList<Login>> _turns = [];

        public AddressKey Address => address;

        public int Count { get; private set; }

        public void Add(Login login)
        {
            if (!_users.TryGetValue(login.User, out var queue))
                _users.Add(login.User, queue = _turns.AddLast(new LinkedList<Login>()));
            queue.Value.AddLast(login);
            Count++;
        }

        public Login TakeNext()
        {
            var queue = _turns.First!;
            var login = queue.Value.First!.Value;
            queue.Value.RemoveFirst();
            _turns.RemoveFirst();
            if (queue.Value.Count > 0)
                _turns.AddLast(queue);
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
