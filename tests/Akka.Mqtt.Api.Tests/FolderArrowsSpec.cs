namespace Akka.Mqtt.Api.Tests;

/// <summary>
/// Two folders of a project do not use each other both ways. The project's own folder counts by its internal types only: the public ones are the
/// entrance, whose commands and events everything speaks.
/// </summary>
public sealed class FolderArrowsSpec
{
    /// <summary>The pairs that still use each other. This list may only become shorter: an entry that is no longer needed fails the test.</summary>
    private static readonly Dictionary<string, string[]> Debt = [];

    /// <summary>Circles with a subfolder that are still there. This list may only become shorter too.</summary>
    private static readonly Dictionary<string, string[]> SubfolderDebt = [];

    public static TheoryData<string> Projects => new(SourceCode.Projects);

    [Theory]
    [MemberData(nameof(Projects))]
    public void Two_folders_of_a_project_do_not_use_each_other(string project)
    {
        var arrows = SourceCode.Read(project).Arrows();
        var mutual = arrows.Keys.Where(arrow => string.CompareOrdinal(arrow.From, arrow.To) < 0 && arrows.ContainsKey((arrow.To, arrow.From)))
            .ToDictionary(arrow => $"{Shown(arrow.From)} <> {Shown(arrow.To)}");
        var debt = Debt.GetValueOrDefault(project, []);

        var added = mutual.Where(pair => !debt.Contains(pair.Key))
            .Select(pair => $"{pair.Key}\n    {string.Join("\n    ", arrows[pair.Value])}\n  and back\n    {string.Join("\n    ", arrows[(pair.Value.To, pair.Value.From)])}").ToList();
        Assert.True(added.Count == 0, $"Folders of {project} use each other. Move a type, or let one side not know the other:\n{string.Join('\n', added)}");
        var paid = debt.Where(pair => !mutual.ContainsKey(pair));
        Assert.True(!paid.Any(), $"Remove from the list of debt of {project}: {string.Join(", ", paid)}");
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void No_folder_uses_itself_by_way_of_others(string project)
    {
        var arrows = SourceCode.Read(project).Arrows();
        var cycles = Cycles(arrows.Keys).Select(cycle => string.Join(
            "\n", cycle.Select((from, at) => (From: from, To: cycle[(at + 1) % cycle.Count])).Select(arrow => $"{Shown(arrow.From)} > {Shown(arrow.To)}\n    {string.Join("\n    ", arrows[arrow])}"))).ToList();
        Assert.True(cycles.Count == 0, $"Folders of {project} use each other in a circle. Move a type, or let one not know the next:\n{string.Join("\n\n", cycles)}");
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_folder_and_its_subfolders_do_not_use_each_other_in_a_circle(string project)
    {
        var cycles = Cycles(SourceCode.Read(project).Arrows(withSubfolders: true).Keys)
            .Select(cycle => string.Join(" > ", cycle.Order(StringComparer.Ordinal).Select(Shown))).ToList();
        var debt = SubfolderDebt.GetValueOrDefault(project, []);
        var added = cycles.Except(debt).ToList();
        Assert.True(added.Count == 0, $"Folders of {project} use each other in a circle:\n{string.Join('\n', added)}");
        var paid = debt.Except(cycles).ToList();
        Assert.True(paid.Count == 0, $"Remove from the list of debt of {project}: {string.Join(", ", paid)}");
    }

    [Fact]
    public void A_circle_of_three_folders_is_found()
    {
        var cycle = Assert.Single(Cycles([("a", "b"), ("b", "c"), ("c", "a"), ("a", "d"), ("d", "e"), ("f", "a")]));
        Assert.Equal(["a", "b", "c"], cycle.Order(StringComparer.Ordinal));
        Assert.Empty(Cycles([("a", "b"), ("b", "c"), ("a", "c")]));
    }

    /// <summary>The shortest circle of each folder that is in one, each circle once.</summary>
    private static List<List<string>> Cycles(IEnumerable<(string From, string To)> arrows)
    {
        var next = arrows.ToLookup(static arrow => arrow.From, static arrow => arrow.To);
        return
        [
            .. next.Select(static from => from.Key).Order(StringComparer.Ordinal).Select(Shortest).OfType<List<string>>()
                .DistinctBy(static cycle => string.Join('|', cycle.Order(StringComparer.Ordinal))),
        ];

        List<string>? Shortest(string start)
        {
            var paths = new Queue<List<string>>([[start]]);
            var seen = new HashSet<string>();
            while (paths.TryDequeue(out var path))
            {
                foreach (var to in next[path[^1]].Order(StringComparer.Ordinal))
                {
                    if (to == start)
                        return path;
                    if (seen.Add(to))
                        paths.Enqueue([.. path, to]);
                }
            }
            return null;
        }
    }

    private static string Shown(string folder) => folder.Length == 0 ? "(project)" : folder;
}
