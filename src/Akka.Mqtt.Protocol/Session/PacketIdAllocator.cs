namespace Akka.Mqtt.Protocol;

/// <summary>
/// Picks packet identifiers in rising order, 1 to 65,535 and round again, past those in use. A late acknowledgement of a peer then rarely
/// meets a new message with the same identifier. Owned by one thread at a time.
/// </summary>
internal sealed class PacketIdAllocator
{
    private ushort _last;

    /// <summary>Picks the next identifier that is not a key of <paramref name="inUse"/>.</summary>
    /// <typeparam name="T">What is kept by identifier.</typeparam>
    /// <param name="inUse">The identifiers in use.</param>
    /// <param name="id">The identifier; 0 when all are in use.</param>
    /// <returns>Whether there was one.</returns>
    public bool TryTake<T>(Dictionary<ushort, T> inUse, out ushort id)
    {
        id = 0;
        if (inUse.Count >= ushort.MaxValue)
            return false;
        do
        {
            _last = _last == ushort.MaxValue ? (ushort)1 : (ushort)(_last + 1); // [MQTT-2.2.1-4 v5] [MQTT-2.3.1-4 v3.1.1] never 0
        }
        while (inUse.ContainsKey(_last));
        id = _last;
        return true;
    }
}
