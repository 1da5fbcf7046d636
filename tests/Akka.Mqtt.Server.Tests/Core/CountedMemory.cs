using Akka.Mqtt.Server.Core;

namespace Akka.Mqtt.Server.Tests;

/// <summary>Memory for sessions that knows who has what.</summary>
internal sealed class CountedMemory(long limit) : ISessionMemory
{
    private readonly Dictionary<SessionMemory, long> _taken = [];

    public int Refused { get; private set; }

    public long Taken(SessionMemory kind) => _taken.GetValueOrDefault(kind);

    public bool TryTake(SessionMemory kind, long bytes, long held)
    {
        Assert.InRange(held, 0, Taken(kind));
        if (Taken(kind) + bytes > limit)
        {
            Refused++;
            return false;
        }
        Take(kind, bytes);
        return true;
    }

    public void Take(SessionMemory kind, long bytes)
    {
        _taken[kind] = Taken(kind) + bytes;
        Assert.True(_taken[kind] >= 0, $"{kind} returned more than it took.");
    }

    /// <summary>The process ends: nothing is taken.</summary>
    public void Forget() => _taken.Clear();

    /// <summary>What is taken is at least what is kept, not much more, and nothing when there is no session.</summary>
    public void AssertCovers(SessionCore? core)
    {
        const long Slack = 64 * 1024;
        Assert.InRange(Taken(SessionMemory.Queued), core?.Outgoing.QueuedBytes ?? 0, core is { IsConnected: true } ? core.Outgoing.QueuedBytes + Slack : core?.Outgoing.QueuedBytes ?? 0);
        Assert.InRange(Taken(SessionMemory.InFlight), core?.Outgoing.InFlightBytes ?? 0, core is { IsConnected: true } ? core.Outgoing.InFlightBytes + Slack : core?.Outgoing.InFlightBytes ?? 0);
        Assert.Equal(core?.Subscriptions.Bytes ?? 0, Taken(SessionMemory.Subscriptions));
        Assert.Equal(core?.FixedBytes ?? 0, Taken(SessionMemory.Session));
    }
}
