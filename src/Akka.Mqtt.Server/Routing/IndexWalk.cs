namespace Akka.Mqtt.Server.Routing;

/// <summary>Enumerates all filters of an index.</summary>
internal static class IndexWalk
{
    /// <summary>The filters below a level, each with its subscribers. It uses no recursion, so that deep filters need no stack.</summary>
    /// <param name="root">The level.</param>
    /// <param name="path">The filter of that level; empty for the root.</param>
    public static IEnumerable<(string Filter, FilterSubscribers Subscribers)> Below(IndexNode root, string path)
    {
        var waiting = new Stack<(IndexNode Node, string? Path)>();
        waiting.Push((root, path.Length == 0 ? null : path));
        while (waiting.TryPop(out var next))
        {
            var (node, at) = next;
            if (node.Here is { } here && at is not null)
                yield return (at, here);
            if (node.AllBelow is { } all)
                yield return (Join(at, "#"), all);
            if (node.AnyLevel is { } any)
            {
                if (any is IndexTail tail)
                    yield return (tail.Filter, tail.Subscribers);
                else
                    waiting.Push(((IndexNode)any, Join(at, "+")));
            }
            foreach (var entry in Entries(node.Levels))
            {
                if (entry is IndexTail tail)
                    yield return (tail.Filter, tail.Subscribers);
                else
                    waiting.Push(((IndexNode)entry, Join(at, entry.Level.ToString())));
            }
        }
    }

    private static string Join(string? path, string level) => path is null ? level : $"{path}/{level}";

    private static IEnumerable<IndexEntry> Entries(LevelMap<IndexEntry> levels)
    {
        var waiting = new Stack<LevelMap<IndexEntry>>();
        waiting.Push(levels);
        while (waiting.TryPop(out var map))
        {
            for (var part = 0; part < map.Parts; part++)
            {
                if (map.Get(part, out var more) is { } entry)
                    yield return entry;
                else
                    waiting.Push(more!);
            }
        }
    }
}
