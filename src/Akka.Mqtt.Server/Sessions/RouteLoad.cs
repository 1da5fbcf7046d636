using System.Text;
using Akka.Event;
using Akka.Mqtt.Server.Clients;
using Akka.Mqtt.Server.Limits;
using Akka.Mqtt.Server.Routing;
using Akka.Mqtt.Server.Shared;
using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.Server.Sessions;

/// <summary>
/// Receives the stored sessions when the server starts, and keeps of each its place among the parked sessions and its routes. For one
/// thread.
/// </summary>
/// <param name="context">The server.</param>
/// <param name="log">Logs progress when it takes longer than a second.</param>
internal sealed class RouteLoad(ServerContext context, ILoggingAdapter log) : IRouteLoad
{
    private const int ProgressEvery = 4096;

    private static readonly TimeSpan ProgressInterval = TimeSpan.FromSeconds(1);

    private readonly IndexBuilder _index = new(context.Targets);
    private readonly ParkedSessions.Loading _parked = context.Clients.Parked.Load();
    private readonly bool _keepsNames = context.Targets.KeepsNames;
    private long _loggedAt = context.Clock.GetTimestamp();
    private long _epoch;
    private long _subscriptions;
    private int _sharedSubscriptions;
    private long _sessionBytes;
    private long _subscriptionBytes;

    /// <summary>The number of sessions so far.</summary>
    public int Sessions { get; private set; }

    /// <summary>The highest epoch.</summary>
    public long Epoch => _epoch;

    public void AddSession(long session, in StoredKey key, long epoch)
    {
        _parked.Add(key, session);
        if (_keepsNames)
            context.Targets.AddName(session, Encoding.UTF8.GetString(key.ClientId));
        _sessionBytes += MemoryCost.OfParkedSession(_keepsNames ? Encoding.UTF8.GetCharCount(key.ClientId) : 0, _keepsNames);
        _epoch = Math.Max(_epoch, epoch);
        if (++Sessions % ProgressEvery == 0)
            LogProgress(0);
    }

    public void AddSubscription(long session, ReadOnlySpan<byte> filter, StoredOptions options, uint identifier)
    {
        _index.Add(filter, session, options, identifier);
        _subscriptionBytes += MemoryCost.OfParkedSubscription(Encoding.UTF8.GetCharCount(filter));
        _subscriptions++;
        if (filter.StartsWith("$share/"u8))
            _sharedSubscriptions++;
    }

    /// <summary>Ends the load: from now on publishers find the sessions.</summary>
    public void Finish()
    {
        _parked.Finish();
        context.Stats.AddSession(Sessions);
        context.Stats.AddSubscriptions(_subscriptions, _sharedSubscriptions);
        context.Memory.Take(MemoryKind.Sessions, _sessionBytes);
        context.Memory.Take(MemoryKind.Subscriptions, _subscriptionBytes);
        context.Routing.Current = _index.Build(); // the first index: no client has subscribed yet
    }

    /// <summary>Logs progress once a second.</summary>
    /// <param name="retained">The number of retained messages so far.</param>
    public void LogProgress(int retained)
    {
        if (context.Clock.GetElapsedTime(_loggedAt) < ProgressInterval)
            return;
        _loggedAt = context.Clock.GetTimestamp();
        log.Info("Reading the storage: {0} sessions, {1} retained messages so far", Sessions, retained);
    }
}
