namespace Akka.Mqtt.ManagedClient;

/// <summary>
/// The subscriptions for answers: one for all requests by properties, and one for each topic of requests by topic. Their number is limited. Above the limit
/// the least recently used one ends, unless a request still needs it. Runs in the client actor.
/// </summary>
/// <param name="table">The requests.</param>
/// <param name="most">Most subscriptions that are kept while no request uses them.</param>
internal sealed class AnswerFilters(RequestTable table, int most)
{
    private readonly Dictionary<string, AnswerFilter> _filters = new(StringComparer.Ordinal);
    private readonly LinkedList<AnswerFilter> _unused = new(); // the least recently used one first
    private List<string>? _unneeded; // ended, and not yet taken by TakeUnneeded

    /// <summary>A request begins to use a subscription.</summary>
    /// <param name="name">The filter.</param>
    /// <param name="isNew">Whether the client has to subscribe.</param>
    /// <returns>The subscription.</returns>
    public AnswerFilter Use(string name, out bool isNew)
    {
        isNew = !_filters.TryGetValue(name, out var filter);
        if (filter is null)
            _filters.Add(name, filter = new AnswerFilter(table, name));
        if (filter.Users++ == 0 && filter.Unused is { } node)
        {
            _unused.Remove(node);
            filter.Unused = null;
        }
        DropUnneeded();
        return filter;
    }

    /// <summary>A request has ended.</summary>
    /// <param name="open">The request.</param>
    public void End(OpenRequest open)
    {
        var filter = open.Filter!;
        filter.Waiting.Remove(open);
        if (--filter.Users > 0 || !IsKnown(filter))
            return;
        filter.Unused = _unused.AddLast(filter);
        DropUnneeded();
    }

    /// <summary>The server has refused a subscription: the next request that needs it subscribes again.</summary>
    /// <param name="filter">The subscription.</param>
    public void Remove(AnswerFilter filter)
    {
        if (!IsKnown(filter))
            return;
        _filters.Remove(filter.Name);
        if (filter.Unused is { } node)
            _unused.Remove(node);
    }

    /// <summary>The subscription to a filter.</summary>
    /// <param name="name">The filter.</param>
    /// <returns>The subscription; null if there is none.</returns>
    public AnswerFilter? Find(string name) => _filters.GetValueOrDefault(name);

    /// <summary>The filters to unsubscribe from, once.</summary>
    /// <returns>The filters; null for none.</returns>
    public List<string>? TakeUnneeded()
    {
        var unneeded = _unneeded;
        _unneeded = null;
        return unneeded;
    }

    private bool IsKnown(AnswerFilter filter) => _filters.TryGetValue(filter.Name, out var known) && ReferenceEquals(known, filter);

    private void DropUnneeded()
    {
        while (_filters.Count > most && _unused.First?.Value is { } oldest)
        {
            Remove(oldest);
            (_unneeded ??= []).Add(oldest.Name);
        }
    }
}

/// <summary>A subscription for answers, and the requests that wait until the server has granted it.</summary>
internal sealed class AnswerFilter(RequestTable table, string name) : OwnCommand
{
    private bool _isGranted;

    public string Name => name;

    /// <summary>Requests that have not ended.</summary>
    public int Users { get; set; }

    /// <summary>The node in the list of subscriptions that no request uses; null while a request uses it.</summary>
    public LinkedListNode<AnswerFilter>? Unused { get; set; }

    public List<OpenRequest> Waiting { get; } = [];

    public void Add(OpenRequest open, Queue<OpenRequest> ready)
    {
        open.Filter = this;
        if (_isGranted)
            ready.Enqueue(open);
        else
            Waiting.Add(open);
    }

    public void Granted(Queue<OpenRequest> ready)
    {
        _isGranted = true;
        Waiting.ForEach(ready.Enqueue);
        Waiting.Clear();
        Waiting.TrimExcess();
    }

    public override void Ended(MqttClient.Outcome outcome) => table.Ended(this, outcome);
}

/// <summary>The end of a subscription for answers. Its outcome is not needed.</summary>
internal sealed class AnswerFiltersEnd : OwnCommand
{
    public static AnswerFiltersEnd Instance { get; } = new();

    public override void Ended(MqttClient.Outcome outcome)
    {
    }
}
