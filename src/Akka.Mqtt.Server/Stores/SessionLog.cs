namespace Akka.Mqtt.Server.Stores;

/// <summary>
/// Changes of one durable session that are not appended to the storage engine yet. What one message of an actor brings about is appended together,
/// by the publisher of the session with what it publishes, or by a flush. Owned by the session.
/// </summary>
/// <param name="engine">The engine.</param>
internal sealed class SessionLog(IStorageEngine engine)
{
    private List<StoreOp>? _ops;

    /// <summary>Adds a change.</summary>
    /// <param name="op">The change.</param>
    public void Add(StoreOp op) => (_ops ??= []).Add(op);

    /// <summary>Takes the changes, to append them in a unit with others.</summary>
    /// <returns>The changes; null for none.</returns>
    public List<StoreOp>? Take()
    {
        var ops = _ops;
        _ops = null;
        return ops;
    }

    /// <summary>Appends the changes.</summary>
    public void Flush()
    {
        if (Take() is { } ops)
            engine.Append(new StoreUnit(ops, null));
    }

    /// <summary>Appends the changes, and says when they and all before them are safe.</summary>
    /// <param name="receipt">Who is told; perhaps before this returns.</param>
    public void Flush(IStoreReceipt receipt) => engine.Append(new StoreUnit(Take() ?? (IReadOnlyList<StoreOp>)[], receipt));
}
