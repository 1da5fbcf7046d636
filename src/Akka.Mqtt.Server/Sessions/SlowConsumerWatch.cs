using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Logs;
using Akka.Mqtt.Server.Shared;

namespace Akka.Mqtt.Server.Sessions;

/// <summary>
/// Detects a client that receives too slowly: more messages wait than <c>slow-consumer.limit</c> allows, for too long. Owned by the
/// session.
/// </summary>
internal sealed class SlowConsumerWatch(ServerContext context, IActorRef session)
{
    private long _since;
    private ClockTimer? _timer;

    public bool IsSlow { get; private set; }

    /// <summary>Checks the queue after messages were added or removed.</summary>
    /// <returns>Whether the client has just become slow.</returns>
    public bool Observe(bool connected, int queued, long queuedBytes)
    {
        var settings = context.Settings;
        var share = settings.Limits.SlowConsumerShare;
        var slow = connected && (queued > settings.MaxQueuedMessages * share || queuedBytes > settings.MaxQueuedBytes * share);
        if (slow == IsSlow)
            return false;
        IsSlow = slow;
        if (!slow)
        {
            Stop();
            return false;
        }
        _since = context.Now;
        context.Stats.AddSlowConsumer();
        if (settings.Limits.SlowConsumerTimeout is { } timeout)
            (_timer ??= new ClockTimer(context.Clock, session, TimeUp.Instance)).Start(timeout);
        return true;
    }

    /// <summary>Logs that the client has become slow.</summary>
    public void Log(string clientId, ClientLink link, int queued, long queuedBytes) => context.Log.Write(
        context.Refusals.Level(RefusalKind.SlowConsumer, link.Transport.RemoteAddress, context.Log),
        null,
        "{ClientId} at {Transport} is a slow consumer: {Messages} messages, {Bytes} bytes wait",
        clientId,
        link.Transport,
        queued,
        queuedBytes);

    /// <summary>Handles the timer, which may fire a little early, or for an earlier period of slowness.</summary>
    /// <returns>Whether the client has been slow for too long.</returns>
    public bool IsTimeUp()
    {
        if (!IsSlow || context.Settings.Limits.SlowConsumerTimeout is not { } timeout)
            return false;
        var left = timeout - TimeSpan.FromMilliseconds(context.Now - _since);
        if (left <= TimeSpan.Zero)
            return true;
        _timer?.Start(left);
        return false;
    }

    public void Stop()
    {
        _timer?.Dispose();
        _timer = null;
    }

    /// <summary>Sent to the session to check whether the client is still slow.</summary>
    internal sealed class TimeUp : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly TimeUp Instance = new();
    }
}
