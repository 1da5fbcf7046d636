using Akka.Mqtt.Server.Core;


namespace Akka.Mqtt.Server.Limits;

/// <summary>The memory of all sessions, as kinds of the server's <see cref="MemoryBudget"/>. Thread safe.</summary>
internal sealed class SessionBudget(MemoryBudget budget) : ISessionMemory
{
    public bool TryTake(SessionMemory kind, long bytes, long held) => budget.TryTake(KindOf(kind), bytes, held);

    public void Take(SessionMemory kind, long bytes) => budget.Take(KindOf(kind), bytes);

    private static MemoryKind KindOf(SessionMemory kind) => kind switch
    {
        SessionMemory.Session => MemoryKind.Sessions,
        SessionMemory.Subscriptions => MemoryKind.Subscriptions,
        SessionMemory.Queued => MemoryKind.Queued,
        _ => MemoryKind.InFlight,
    };
}
