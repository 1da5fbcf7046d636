using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server.Telemetry;

/// <summary>The counters of a server, except drops. Thread safe; nothing here is updated for each packet.</summary>
internal sealed class ServerStats
{
    private readonly long[][] _refusals = [new long[256], new long[256], new long[256], new long[256]];
    private long _accepted;
    private long _connections;
    private long _connected;
    private long _mostConnected;
    private long _sessions;
    private long _expiredSessions;
    private long _subscriptions;
    private long _sharedSubscriptions;
    private long _slowConsumers;
    private long _throttled;

    public Traffic Traffic { get; } = new();

    /// <summary>The last clients that were refused.</summary>
    public RefusalHistory RefusedClients { get; } = new();

    /// <summary>Connections that were accepted, including those whose client was refused.</summary>
    public long Accepted => Volatile.Read(ref _accepted);

    /// <summary>Open connections, those without CONNECT included.</summary>
    public long Connections => Volatile.Read(ref _connections);

    /// <summary>Clients that are connected.</summary>
    public long Connected => Volatile.Read(ref _connected);

    /// <summary>The highest number of clients connected at the same time.</summary>
    public long MostConnected => Volatile.Read(ref _mostConnected);

    /// <summary>Sessions, connected or not.</summary>
    public long Sessions => Volatile.Read(ref _sessions);

    /// <summary>Sessions that expired because their client did not connect in time.</summary>
    public long ExpiredSessions => Volatile.Read(ref _expiredSessions);

    public long Subscriptions => Volatile.Read(ref _subscriptions);

    /// <summary>Those of <see cref="Subscriptions"/> that are shared.</summary>
    public long SharedSubscriptions => Volatile.Read(ref _sharedSubscriptions);

    /// <summary>How often a client became a slow consumer.</summary>
    public long SlowConsumers => Volatile.Read(ref _slowConsumers);

    /// <summary>How often reading from a client paused because it published too fast.</summary>
    public long Throttled => Volatile.Read(ref _throttled);

    public void AddConnection(int count)
    {
        if (count > 0)
            Interlocked.Add(ref _accepted, count);
        Interlocked.Add(ref _connections, count);
    }

    public void AddConnected(int count)
    {
        var connected = Interlocked.Add(ref _connected, count);
        for (var most = MostConnected; connected > most; most = MostConnected)
            Interlocked.CompareExchange(ref _mostConnected, connected, most);
    }

    public void AddSession(int count) => Interlocked.Add(ref _sessions, count);

    public void AddExpiredSession() => Interlocked.Increment(ref _expiredSessions);

    public void AddSubscription(string filter, int count)
    {
        Interlocked.Add(ref _subscriptions, count);
        if (SharedFilter.IsShared(filter))
            Interlocked.Add(ref _sharedSubscriptions, count);
    }

    public void AddSubscriptions(long count, int shared)
    {
        Interlocked.Add(ref _subscriptions, count);
        Interlocked.Add(ref _sharedSubscriptions, shared);
    }

    public void AddSlowConsumer() => Interlocked.Increment(ref _slowConsumers);

    public void AddThrottled() => Interlocked.Increment(ref _throttled);

    public void AddRefusal(Refused what, ReasonCode reason) => Interlocked.Increment(ref _refusals[(int)what][(byte)reason]);

    public long Refusals(Refused what, ReasonCode reason) => Volatile.Read(ref _refusals[(int)what][(byte)reason]);

    /// <summary>How often something was refused, for all reasons.</summary>
    public long RefusalsOf(Refused what)
    {
        var sum = 0L;
        for (var reason = 0; reason < 256; reason++)
            sum += Volatile.Read(ref _refusals[(int)what][reason]);
        return sum;
    }

    /// <summary>All refusals by kind and reason code.</summary>
    public IEnumerable<(Refused What, ReasonCode Reason, long Count)> Refusals()
    {
        for (var what = 0; what < _refusals.Length; what++)
        {
            for (var reason = 0; reason < 256; reason++)
            {
                if (Volatile.Read(ref _refusals[what][reason]) is > 0 and var count)
                    yield return ((Refused)what, (ReasonCode)reason, count);
            }
        }
    }
}
