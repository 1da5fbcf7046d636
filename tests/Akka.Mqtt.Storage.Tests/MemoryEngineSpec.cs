using Akka.Mqtt.Server.Core;
using Akka.Mqtt.Server.Stores;

namespace Akka.Mqtt.Storage.Tests;

public sealed class MemoryEngineSpec
{
    private const long Start = 1_800_000_000_000;

    private readonly MemoryEngine _engine = new(
        new SessionLimits { MaxQueuedMessages = 3, MaxQueuedBytes = 1 << 20, MaxInflightMessages = 10, MaxInflightBytes = 1 << 20 });

    [Fact]
    public void What_was_not_committed_is_gone_after_a_crash()
    {
        var (first, second) = (_engine.NextSession(), _engine.NextSession());
        _engine.Append(new StoreUnit([new StoreOp.SessionStarted(first, new SessionKey("", null, "a"), null, Start)], null));
        _engine.Hold();
        _engine.Append(new StoreUnit([new StoreOp.SessionStarted(second, new SessionKey("", null, "b"), null, Start)], null));
        Assert.NotNull(_engine.Peek(second));
        var next = _engine.Crash(Start);
        Assert.NotNull(next.Peek(first));
        Assert.Null(next.Peek(second));
        Assert.False(next.IsHeld(first));
    }
}
