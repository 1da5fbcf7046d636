using System.Text.RegularExpressions;

namespace Akka.Mqtt.Api.Tests;

/// <summary>A link of the documentation leads somewhere: to a file or folder of the repository, and to a heading that is there.</summary>
public sealed partial class DocLinksSpec
{
    [Fact]
    public void Links_between_pages_lead_to_files_and_headings_that_exist()
    {
        var broken = new List<string>();
        foreach (var page in Pages())
        {
            foreach (Match link in Link().Matches(Fence().Replace(Repository.Read(page), "")))
            {
                var target = link.Groups["target"].Value;
                if (target.Contains("://", StringComparison.Ordinal) || target.StartsWith("mailto:", StringComparison.Ordinal))
                    continue;
                var parts = target.Split('#', 2);
                var file = parts[0].Length == 0 ? page : Path.GetFullPath(Path.Combine(Path.GetDirectoryName(page)!, parts[0]));
                if (!File.Exists(file) && !Directory.Exists(file))
                    broken.Add($"{Repository.Name(page)}: {target}: there is no such file");
                else if (parts.Length == 2 && !Headings(file).Contains(parts[1]))
                    broken.Add($"{Repository.Name(page)}: {target}: there is no such heading");
            }
        }
        Assert.Empty(broken);
    }

    [Fact]
    public void Every_page_is_listed_in_the_index_of_its_folder()
    {
        var missing = new List<string>();
        foreach (var folder in (string[])["docs", Path.Combine("docs", "adr")])
        {
            var path = Path.Combine(Repository.Root, folder);
            var index = Repository.Read(Path.Combine(path, "README.md"));
            missing.AddRange(Directory.EnumerateFiles(path, "*.md").Select(each => Path.GetFileName(each))
                .Where(each => each != "README.md" && !index.Contains($"({each})", StringComparison.Ordinal)));
        }
        Assert.Empty(missing);
    }

    [Fact]
    public void The_readme_of_a_package_is_there_and_has_no_link_that_needs_the_repository()
    {
        var wrong = new List<string>();
        foreach (var project in Repository.Files("src", "*.csproj"))
        {
            var readme = Path.Combine(Path.GetDirectoryName(project)!, "README.md");
            if (!File.Exists(readme))
                wrong.Add($"{Repository.Name(project)} has no README.md beside it");
            else
                wrong.AddRange(Link().Matches(Fence().Replace(Repository.Read(readme), "")).Select(link => link.Groups["target"].Value)
                    .Where(target => !target.StartsWith("https://", StringComparison.Ordinal)).Select(target => $"{Repository.Name(readme)}: {target}"));
        }
        Assert.Empty(wrong);
    }

    /// <summary>A file may be named by its last folders, as in <c>Sessions/SessionActor.cs</c>.</summary>
    [Theory]
    [InlineData("architecture.md")]
    [InlineData("one-message.md")]
    public void A_page_about_the_code_names_files_and_folders_that_exist(string page)
    {
        var files = ((string[])["src", "tests", "hocon", "docs", "samples"]).SelectMany(static folder => Repository.Files(folder, "*"))
            .Select(static file => $"/{Repository.Name(file)}").ToList();
        var folders = files.SelectMany(static file => Parents(file)).ToHashSet(StringComparer.Ordinal);

        var missing = SourcePath().Matches(Repository.Read(Path.Combine(Repository.Root, "docs", page))).Select(static each => each.Groups["path"].Value)
            .Where(path => !files.Exists(file => file.EndsWith($"/{path}", StringComparison.Ordinal))
                && !folders.Any(folder => folder.EndsWith($"/{path}", StringComparison.Ordinal)));
        Assert.Empty(missing);
    }

    private static IEnumerable<string> Parents(string file)
    {
        for (var at = file.LastIndexOf('/'); at > 0; at = file.LastIndexOf('/', at - 1))
            yield return file[..at];
    }

    private static IEnumerable<string> Pages() =>
        Directory.EnumerateFiles(Repository.Root, "*.md")
            .Concat(Directory.EnumerateFiles(Path.Combine(Repository.Root, "docs"), "*.md", SearchOption.AllDirectories))
            .Append(Path.Combine(Repository.Root, "samples", "README.md"));

    /// <summary>Headings as links name them: small letters, hyphens for spaces, no other punctuation.</summary>
    private static HashSet<string> Headings(string file) =>
        [.. Heading().Matches(Fence().Replace(Repository.Read(file), "")).Select(each => Anchor(each.Groups["text"].Value))];

    private static string Anchor(string heading) => Punctuation().Replace(heading.Trim().ToLowerInvariant(), "").Replace(' ', '-');

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)\)")]
    private static partial Regex Link();

    /// <summary>In code style: a path with a folder, or a source file.</summary>
    [GeneratedRegex(@"`(?<path>[\w.-]+(?:/[\w.-]+)+|[\w.]+\.cs)`")]
    private static partial Regex SourcePath();

    [GeneratedRegex("^```.*?^```", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex Fence();

    [GeneratedRegex(@"^#+ (?<text>.+)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex Punctuation();
}
