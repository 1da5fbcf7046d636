namespace Akka.Mqtt.Storage.Writing;

/// <summary>A set of identities of sessions, most of which are close together; it needs about a bit for each. Owned by one thread at a time.</summary>
internal sealed class SessionSet
{
    // Identities of a page: 512 bytes.
    private const int PageBits = 12;

    private readonly Dictionary<long, ulong[]> _pages = [];

    /// <summary>Adds an identity.</summary>
    /// <param name="session">The identity.</param>
    /// <returns>Whether it was not there.</returns>
    public bool Add(long session)
    {
        if (!_pages.TryGetValue(session >> PageBits, out var page))
            _pages.Add(session >> PageBits, page = new ulong[(1 << PageBits) / 64]);
        var at = (int)(session & ((1 << PageBits) - 1));
        var bit = 1UL << (at & 63);
        var isNew = (page[at >> 6] & bit) == 0;
        page[at >> 6] |= bit;
        return isNew;
    }
}
