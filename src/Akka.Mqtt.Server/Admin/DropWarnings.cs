namespace Akka.Mqtt.Server.Admin;

/// <summary>
/// Chooses the warning to log when a limit that an operator can change begins to drop messages. It gives one line for each limit, and
/// repeats the line only after that limit has dropped nothing for a minute. Owned by one thread.
/// </summary>
internal sealed class DropWarnings
{
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(1);

    private readonly TimeSpan?[] _last = new TimeSpan?[Enum.GetValues<DropReason>().Length];

    /// <summary>Notes that messages were dropped.</summary>
    /// <param name="reason">Why.</param>
    /// <param name="now">The time now, by any clock that only rises.</param>
    /// <returns>The line to log; null for none.</returns>
    public string? Dropped(DropReason reason, TimeSpan now)
    {
        if (LineOf(reason) is not { } line)
            return null;
        var before = _last[(int)reason];
        _last[(int)reason] = now;
        return before is { } last && now - last < Pause ? null : line;
    }

    private static string? LineOf(DropReason reason) => reason switch
    {
        DropReason.QueueFull =>
            "Messages are dropped because the queue of a session is full: see akka.mqtt.server.max-queued-messages, max-queued-bytes and queue-overflow.",
        DropReason.SessionBehind =>
            "Messages are dropped because a session does not handle them in time: see akka.mqtt.server.max-unhandled-messages and delivery-timeout.",
        DropReason.RetainedFull =>
            "Messages are not retained because there are too many: see akka.mqtt.server.max-retained-messages and max-retained-bytes.",
        DropReason.MemoryPressure =>
            "Messages are dropped because the server is short of memory: see akka.mqtt.server.memory.limit.",
        _ => null, // either no limit of the server, or a limit that the client learns from a reason code
    };
}
