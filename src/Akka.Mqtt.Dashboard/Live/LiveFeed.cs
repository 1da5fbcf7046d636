using System.Text;
using System.Text.Json;
using Akka.Mqtt.Dashboard.Answers;
using Akka.Mqtt.Server.Shared;

namespace Akka.Mqtt.Dashboard.Live;

/// <summary>
/// Takes one sample a second for all watchers, and writes it as JSON once. Without watchers it does nothing. Thread safe.
/// </summary>
/// <param name="context">The server.</param>
/// <param name="maxWatchers">Most watchers at a time.</param>
internal sealed class LiveFeed(ServerContext context, int maxWatchers)
{
    /// <summary>The time between samples.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private TaskCompletionSource<byte[]> _next = NewSource();
    private LiveSampler? _sampler;
    private ITimer? _timer;
    private readonly Dictionary<string, int> _users = new(StringComparer.Ordinal);
    private int _watchers;

    /// <summary>Adds a watcher.</summary>
    /// <param name="user">The name of the user, who may have at most half of all places. Null: an anonymous user, without this limit.</param>
    /// <returns>The watch, to be disposed; null when too many watch.</returns>
    public Watch? TryWatch(string? user = null)
    {
        lock (_lock)
        {
            var own = user is null ? 0 : _users.GetValueOrDefault(user);
            if (_watchers == maxWatchers || own >= (maxWatchers + 1) / 2)
                return null;
            if (user is not null)
                _users[user] = own + 1;
            if (++_watchers == 1)
            {
                _sampler = new LiveSampler(context);
                _timer = context.Clock.CreateTimer(static feed => ((LiveFeed)feed!).Sample(), this, Interval, Interval);
            }
            return new Watch(this, user);
        }
    }

    private void Sample()
    {
        TaskCompletionSource<byte[]> due;
        byte[] bytes;
        lock (_lock)
        {
            if (_sampler is null)
                return;
            bytes = Encoding.UTF8.GetBytes($"data: {JsonSerializer.Serialize(_sampler.Take(), DashboardJson.Options)}\n\n");
            due = _next;
            _next = NewSource();
        }
        due.SetResult(bytes);
    }

    private void End(string? user)
    {
        lock (_lock)
        {
            if (user is not null && --_users[user] == 0)
                _users.Remove(user); // as many entries as watchers, at most
            if (--_watchers > 0)
                return;
            _timer?.Dispose();
            (_timer, _sampler) = (null, null);
        }
    }

    private Task<byte[]> Next()
    {
        lock (_lock)
            return _next.Task;
    }

    private static TaskCompletionSource<byte[]> NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>A watcher. A slow one misses samples, because none is queued for it.</summary>
    internal sealed class Watch(LiveFeed feed, string? user) : IDisposable
    {
        private int _disposed;

        /// <summary>Waits for the next sample.</summary>
        /// <returns>The event of the stream, as bytes.</returns>
        public Task<byte[]> NextAsync(CancellationToken cancellationToken) => feed.Next().WaitAsync(cancellationToken);

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _disposed, 1) == 0)
                feed.End(user);
        }
    }
}
