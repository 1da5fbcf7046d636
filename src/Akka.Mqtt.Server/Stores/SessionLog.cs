namespace Akka.Mqtt.Server.Stores;

/// <summary>
/// Changes of one durable session that are not appended to the storage engine yet. All changes of one message of the actor are appended
/// together: by the publisher of the session with its messages, or by a flush. Owned by the session.
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

    /// <summary>Appends the changes. The receipt completes when they and all before them are safe.</summary>
    /// <param name="receipt">The receipt; it may complete before this method returns.</param>
    public void Flush(IStoreReceipt receipt) => engine.Append(new StoreUnit(Take() ?? (IReadOnlyList<StoreOp>)[], receipt));
}
