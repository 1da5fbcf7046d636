using Akka.Mqtt.Dashboard.Answers;
using Akka.Mqtt.Server.Routing;

namespace Akka.Mqtt.Dashboard.Api;

/// <summary>The filters that clients have subscribed to. A page reads all of them, so only one request runs at a time.</summary>
internal static class SubscriptionOperations
{
    /// <summary>Most filters on a page.</summary>
    public const int MaxPage = 1000;

    /// <summary>Most characters to search for.</summary>
    public const int MaxSearch = 256;

    private static int _running;

    public static FiltersAnswer List(Call call)
    {
        var (search, after) = (call.Text("search", MaxSearch) ?? "", call.Text("after"));
        var limit = call.Number("limit", 50, 1, MaxPage);
        if (Interlocked.Exchange(ref _running, 1) != 0)
            throw new RequestFailure(503, "Another search in all filters is running. Try again.");
        try
        {
            return Search(call.Server.Context.Routing.Current, search, after, limit);
        }
        finally
        {
            Volatile.Write(ref _running, 0);
        }
    }

    private static FiltersAnswer Search(SubscriptionIndex index, string search, string? after, int limit)
    {
        // The last filter of the page is at the top of the heap, so that an earlier filter replaces it.
        var page = new PriorityQueue<FilterAnswer, string>(Comparer<string>.Create(static (one, other) => string.CompareOrdinal(other, one)));
        var (total, left) = (0, false);
        foreach (var (filter, subscribers) in index.All())
        {
            if (search.Length > 0 && !filter.Contains(search, StringComparison.OrdinalIgnoreCase))
                continue;
            total++;
            if (after is not null && string.CompareOrdinal(filter, after) <= 0)
                continue;
            if (page.Count == limit && string.CompareOrdinal(filter, page.Peek().Filter) > 0)
            {
                left = true;
                continue;
            }
            page.Enqueue(AnswerOf(filter, subscribers), filter);
            if (page.Count > limit)
            {
                page.Dequeue();
                left = true;
            }
        }
        var rows = page.UnorderedItems.Select(static each => each.Element).OrderBy(static each => each.Filter, StringComparer.Ordinal).ToList();
        return new FiltersAnswer(rows, total, left ? rows[^1].Filter : null);
    }

    private static FilterAnswer AnswerOf(string filter, FilterSubscribers subscribers) => subscribers is ManySubscribers many
        ? new FilterAnswer(filter, many.Members.Count, [.. many.Groups.Select(static each => new GroupAnswer(each.Key.Name, each.Members.Count))])
        : new FilterAnswer(filter, 1, []);
}
