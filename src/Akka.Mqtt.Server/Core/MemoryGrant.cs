namespace Akka.Mqtt.Server.Core;

/// <summary>
/// The shared memory that one session has taken for one kind of data. The session takes it in steps, so that it asks once for many
/// messages, and returns it when more than two steps are unused. Owned by the session.
/// </summary>
internal struct MemoryGrant(ISessionMemory? memory, SessionMemory kind)
{
    private const long Step = 16 * 1024;

    /// <summary>Bytes that the session may use; without a shared memory there is no limit.</summary>
    public long Granted { get; private set; } = memory is null ? long.MaxValue : 0;

    /// <summary>Takes more memory if the session needs it.</summary>
    /// <param name="bytes">Bytes in use, including those about to be used.</param>
    /// <returns>Whether the session may use that many.</returns>
    public bool TryCover(long bytes)
    {
        if (bytes <= Granted)
            return true;
        // Take a whole step if it is available, else only what is needed.
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

    /// <summary>Takes more memory if the session needs it, even if it is not available.</summary>
    /// <param name="bytes">Bytes in use.</param>
    public void Cover(long bytes)
    {
        if (TryCover(bytes))
            return;
        memory!.Take(kind, bytes - Granted);
        Granted = bytes;
    }

    /// <summary>Returns unused memory when more than two steps are unused.</summary>
    /// <param name="bytes">Bytes in use.</param>
    /// <param name="all">Whether to return all unused memory, because the session will be idle.</param>
    public void Settle(long bytes, bool all = false)
    {
        if (memory is null || Granted - bytes <= (all ? 0 : 2 * Step))
            return;
        var keep = all ? bytes : bytes + Step;
        memory.Take(kind, keep - Granted);
        Granted = keep;
    }
}
