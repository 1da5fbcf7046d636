namespace Akka.Mqtt.Server.Core;

/// <summary>
/// What one session has taken of the shared memory for one kind. Taken in steps, so that a busy session asks once for many messages, and returned
/// when more than two steps are unused. Owned by the session.
/// </summary>
internal struct MemoryGrant(ISessionMemory? memory, SessionMemory kind)
{
    private const long Step = 16 * 1024;

    /// <summary>Bytes that the session may use; without a shared memory as many as it likes.</summary>
    public long Granted { get; private set; } = memory is null ? long.MaxValue : 0;

    /// <summary>Makes sure of that many bytes.</summary>
    /// <param name="bytes">Bytes in use, with what is to come.</param>
    /// <returns>Whether they are there.</returns>
    public bool TryCover(long bytes)
    {
        if (bytes <= Granted)
            return true;
        // A whole step if there is one, else just what is needed.
        var needed = bytes - Granted;
        var step = (needed + Step - 1) / Step * Step;
        if (memory!.TryTake(kind, step, Granted))
            Granted += step;
        else if (step != needed && memory.TryTake(kind, needed, Granted))
            Granted += needed;
        else
            return false;
        return true;
    }

    /// <summary>Takes that many bytes, there or not.</summary>
    /// <param name="bytes">Bytes in use.</param>
    public void Cover(long bytes)
    {
        if (TryCover(bytes))
            return;
        memory!.Take(kind, bytes - Granted);
        Granted = bytes;
    }

    /// <summary>Returns what is unused, if that is worth a call.</summary>
    /// <param name="bytes">Bytes in use.</param>
    /// <param name="all">Whether to return all of it: the session has nothing to do for some time.</param>
    public void Settle(long bytes, bool all = false)
    {
        if (memory is null || Granted - bytes <= (all ? 0 : 2 * Step))
            return;
        var keep = all ? bytes : bytes + Step;
        memory.Take(kind, keep - Granted);
        Granted = keep;
    }
}
