namespace Akka.Mqtt.Api.Tests;

/// <summary>
/// Two folders of a project do not use each other both ways. The project's own folder counts by its internal types only: the public ones are the
/// entrance, whose commands and events everything speaks.
/// </summary>
public sealed class FolderArrowsSpec
{
    /// <summary>The pairs that still use each other. This list may only become shorter: an entry that is no longer needed fails the test.</summary>
    private static readonly Dictionary<string, string[]> Debt = [];

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

    private static string Shown(string folder) => folder.Length == 0 ? "(project)" : folder;
}
